// No declarations: the stamp is data that the loader finds by its section.
