import PluginAPI
import Synchronization

/// Commands that were sent together, on their ways to the nodes of a cluster. Answered once: when all are, or when a
/// connection fails.
final class ClusterRequest: Sendable {
    private struct State {
        var answers: [RESPValue?]
        var missing: Int
        var done: CommandGroup.Done?
    }

    /// How often it follows or repeats; the pauses double from 10 ms, to 630 ms together.
    private static let mostAttempts = 7

    private let commands: [RedisCommand]
    private let router: ClusterRouter
    private let state: Mutex<State>

    /// - Parameter commands: not empty.
    init(_ commands: [RedisCommand], _ router: ClusterRouter, _ done: @escaping CommandGroup.Done) {
        self.commands = commands
        self.router = router
        let answers = [RESPValue?](repeating: nil, count: commands.count)
        state = Mutex(State(answers: answers, missing: commands.count, done: done))
    }

    func start() { dispatch(Array(commands.indices), attempt: 1) }

    private func dispatch(_ places: [Int], attempt: Int) {
        var ways: [(route: ClusterRouter.Route, places: [Int])] = []
        for place in places {
            do throws(RedisFailure) {
                let route = try router.route(for: commands[place].key)
                if let way = ways.firstIndex(where: { $0.route.address == route.address }) {
                    ways[way].places.append(place)
                } else {
                    ways.append((route, [place]))
                }
            } catch {
                return finish(.failure(error))
            }
        }
        for way in ways { send(way.places, over: way.route, attempt: attempt) }
    }

    private func send(_ places: [Int], over route: ClusterRouter.Route, attempt: Int) {
        route.commands.send(places.map { commands[$0] }) { [self] result in
            heard(result, to: places, from: route.address, attempt: attempt)
        }
    }

    private func heard(
        _ result: Result<[RESPValue], RedisFailure>, to places: [Int], from sender: RedisAddress, attempt: Int
    ) {
        let answers: [RESPValue]
        switch result {
        case .success(let all) where all.count == places.count: answers = all
        case .success: return finish(.failure(.senseless("not an answer for each command")))
        case .failure(let failure):
            router.wantRefresh()
            return finish(.failure(failure))
        }
        var moved: [RedisAddress: [Int]] = [:]
        var later: [Int] = []
        for (place, answer) in zip(places, answers) {
            guard attempt < Self.mostAttempts, let redirection = Redirection(answer, from: sender) else {
                take(answer, for: place)
                continue
            }
            switch redirection {
            case .moved(let address): moved[address, default: []].append(place)
            case .ask(let address): ask(place, at: address, attempt: attempt)
            case .later: later.append(place)
            }
        }
        for (address, places) in moved { follow(places, to: address, attempt: attempt) }
        if !later.isEmpty {
            router.wantRefresh()
            again(later, attempt: attempt)
        }
    }

    private func follow(_ places: [Int], to address: RedisAddress, attempt: Int) {
        let route = router.route(to: address)
        router.wantRefresh(and: route == nil ? address : nil)
        if let route {
            send(places, over: route, attempt: attempt + 1)
        } else {
            again(places, attempt: attempt)
        }
    }

    private func ask(_ place: Int, at address: RedisAddress, attempt: Int) {
        guard let route = router.route(to: address) else {
            router.wantRefresh(and: address)
            return again([place], attempt: attempt)
        }
        route.commands.send([RedisCommand("ASKING"), commands[place]]) { [self] result in
            // Without ASKING the target answers MOVED to the source, which would answer ASK again. But if the slot is the
            // target's by now, the command was executed.
            if case .success(let answers) = result, answers.count == 2, answers[0].refusal != nil,
                case .moved = Redirection(answers[1], from: address)
            {
                return take(answers[0], for: place)
            }
            heard(result.map { Array($0.dropFirst()) }, to: [place], from: address, attempt: attempt + 1)
        }
    }

    private func again(_ places: [Int], attempt: Int) {
        router.eventLoop.scheduleTask(in: .milliseconds(10 << Int64(attempt - 1))) { [self] in
            dispatch(places, attempt: attempt + 1)
        }
    }

    private func take(_ answer: RESPValue, for place: Int) {
        let (done, answers) = state.withLock { state -> (CommandGroup.Done?, [RESPValue]) in
            if state.answers[place] == nil { state.missing -= 1 }
            state.answers[place] = answer
            return state.missing == 0 ? (state.done.take(), state.answers.compactMap { $0 }) : (nil, [])
        }
        done?(.success(answers))
    }

    private func finish(_ result: Result<[RESPValue], RedisFailure>) {
        state.withLock { $0.done.take() }?(result)
    }
}
