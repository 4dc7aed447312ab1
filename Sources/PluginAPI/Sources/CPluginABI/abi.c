// Headers only; SwiftPM wants one source file.
