internal import Stages

extension TLSStage {
  /// Keys that may open a record, with its possible sequence numbers.
  struct Hypothesis {
    var protection: RecordProtection
    var epoch: Direction.Epoch
    var sameKeys = false
    var lowest: UInt64
    /// Number of sequence numbers, from the lowest on.
    var count: Int
    /// Distance of the most likely number from the lowest.
    var guess = 0
    var suite: CipherSuite?
    var random: ClientRandom?
    var handshake: Int?
    /// Whether the keys are those of the server; nil if the roles are known.
    var isServer: Bool?

    /// Returns the nth number to try: the guess, then numbers ever farther from it.
    func sequence(_ index: Int) -> UInt64 {
      let guess = max(0, min(guess, count - 1))
      let near = min(guess, count - 1 - guess)
      if index <= 2 * near {
        let distance = (index + 1) / 2
        return lowest &+ UInt64(index % 2 == 1 ? guess + distance : guess - distance)
      }
      return lowest &+ UInt64(guess > near ? count - 1 - index : index)
    }
  }

  /// Searches for a record that opens, behind a gap.
  func search(_ direction: Direction) -> Step {
    let isComplete = direction.pending.nextHole != nil || direction.end != nil
    let end = direction.pending.contiguousEnd
    var place = direction.pending.head
    while let head = direction.pending.recordHead(at: place) {
      guard isPlausible(head) else {
        place += 1
        continue
      }
      let next = place + head.total
      if next > end {
        // The rest of the record may still come, unless there is a gap.
        if isComplete {
          place += 1
          continue
        }
        pass(direction, to: place)
        return .hungry
      }
      if let following = direction.pending.recordHead(at: next) {
        guard following.isPlausible else {
          place += 1
          continue
        }
      } else if next < end, !isComplete {
        pass(direction, to: place)
        return .hungry
      }
      switch attempt(head, at: place, direction) {
      case .opens(let found):
        pass(direction, to: place)
        take(found, direction)
        return .advanced
      case .fails: place += 1
      case .waits:
        pass(direction, to: place)
        return .blocked
      case .hopeless:
        pass(direction, to: place)
        direction.phase = .over
        news += 1
        return .advanced
      }
    }
    guard let hole = direction.pending.nextHole else {
      pass(direction, to: direction.end == nil ? place : end)
      return .hungry
    }
    pass(direction, to: end)
    direction.pending.removeHole()
    direction.missing.add(stretch: hole.length, isExact: hole.isExact, .lost)
    return .advanced
  }

  private func isPlausible(_ head: RecordHead) -> Bool { suite13 == nil || !isTLS13 ? head.isPlausible : head.isPlausible13 }

  private var isTLS13: Bool { handshakes[0]?.server.map { $0.version == .tls13 } ?? true }

  /// Skips bytes that belong to no record that opens.
  private func pass(_ direction: Direction, to place: Int) {
    let length = place - direction.pending.head
    guard length > 0 else { return }
    keepLastBlock(direction, upTo: place)
    direction.missing.add(stretch: Int64(length))
    direction.pending.use(to: place)
  }

  private enum Attempt {
    case opens(Found)
    case fails, waits, hopeless
  }

  /// Hypothesis that opened a record.
  private struct Found {
    let hypothesis: Hypothesis
    let sequence: UInt64
  }

  /// Hypotheses about a record.
  private enum Hypotheses {
    case list([Hypothesis])
    /// Secrets of all connections in the key log, because the ClientHello was lost.
    case keyLog(numbers: Int)
    /// A hello or a secret is still to come.
    case waits
    case none
  }

  /// Tries to open a record.
  private func attempt(_ head: RecordHead, at place: Int, _ direction: Direction) -> Attempt {
    let body = (place + RecordHead.size)..<(place + head.total)
    let stretch = direction.missing.stretch &+ Int64(place - direction.pending.head)
    switch hypotheses(direction, stretch, head) {
    case .none: return .hopeless
    case .waits: return .waits
    case .list(let list):
      var left = direction.triesLeft(behind: stretch)
      let before = left
      let found = attempt(list, head, body, direction, &left)
      direction.tries += before - left
      if let found { return .opens(found) }
      return left > 0 ? .fails : .hopeless
    case .keyLog(let numbers):
      if let found = attemptKeyLog(numbers, head, body, direction) { return .opens(found) }
      return keyLogTriesLeft > 0 ? .fails : .hopeless
    }
  }

  /// Numbers that are tried of each hypothesis before the rest of any.
  private static let firstTries = 24

  private func attempt(
    _ hypotheses: [Hypothesis], _ head: RecordHead, _ body: Range<Int>, _ direction: Direction, _ left: inout Int
  ) -> Found? {
    for isFirst in [true, false] {
      let range = { (hypothesis: Hypothesis) in
        isFirst ? 0..<min(Self.firstTries, hypothesis.count) : min(Self.firstTries, hypothesis.count)..<hypothesis.count
      }
      for hypothesis in hypotheses {
        for index in range(hypothesis) {
          guard left > 0 else { return nil }
          left -= 1
          let sequence = hypothesis.sequence(index)
          if open(head, body, with: hypothesis.protection, sequence: sequence, direction) != nil {
            return Found(hypothesis: hypothesis, sequence: sequence)
          }
        }
      }
    }
    return nil
  }

  /// Adopts the hypothesis that opened a record.
  private func take(_ found: Found, _ direction: Direction) {
    let hypothesis = found.hypothesis
    if let suite = hypothesis.suite { foundSuite = suite }
    if let random = hypothesis.random { foundRandom = random }
    if client == nil, let isServer = hypothesis.isServer { client = isServer ? direction.sender.other : direction.sender }
    settle(direction, hypothesis.epoch, found.sequence, sameKeys: hypothesis.sameKeys, hypothesis.protection.overhead)
    let block = direction.lastBlock
    if hypothesis.sameKeys {
      direction.phase = .protected
      direction.sequence = found.sequence
    } else {
      let secret = hypothesis.epoch == .application ? followingTrafficSecret(direction) : nil
      direction.begin(hypothesis.epoch, hypothesis.protection, sequence: found.sequence)
      direction.trafficSecret = secret
      if let handshake = hypothesis.handshake { direction.keysOf = handshake }
    }
    direction.lastBlock = block
    direction.messages.reset()
    if facts.version == nil, hypothesis.epoch != .upTo12 { facts.version = Version.tls13.name }
    if facts.suite == nil { facts.suite = hypothesis.suite?.name }
    if facts.clientRandom == nil { facts.clientRandom = hypothesis.random }
    news += 1
  }

  /// Numbers of records that a stretch can have held: its bytes are whole records.
  private func counts(
    _ stretch: Int64, _ direction: Direction, _ head: RecordHead, overhead: Int
  ) -> (least: Int, most: Int, guess: Int) {
    let isExact = direction.missing.isStretchExact
    let least = isExact ? Int(min(stretch / Int64(RecordHead.maximum + RecordHead.size), 1 << 24)) : 0
    let most = Int(min(stretch / Int64(overhead), 1 << 24)) + 2
    // The record at hand is likely as long as those that were lost before it.
    let likely = max(direction.meanRecord, Int64(head.total))
    return (least, max(most, least), Int(min(stretch / likely, 1 << 24)))
  }

  /// Returns the hypotheses about the record at a place.
  private func hypotheses(_ direction: Direction, _ stretch: Int64, _ head: RecordHead) -> Hypotheses {
    guard let protection = direction.protection else { return firstKeys(direction, stretch) }
    let (least, most, guess) = counts(stretch, direction, head, overhead: protection.overhead)
    let known = direction.missing.records
    var list = [
      Hypothesis(
        protection: protection, epoch: direction.epoch, sameKeys: true,
        lowest: direction.sequence &+ UInt64(known) &+ UInt64(least), count: most - least + 1, guess: guess - least)
    ]
    for follower in followers(of: direction) {
      list.append(Hypothesis(protection: follower.protection, epoch: follower.epoch, lowest: 0, count: most + known + 1))
    }
    if direction.epoch == .upTo12, list.count > 1 { list[1].handshake = handshakes.keys.max() }
    return .list(list)
  }

  /// Returns the hypotheses about the first record of a direction without keys.
  private func firstKeys(_ direction: Direction, _ stretch: Int64) -> Hypotheses {
    if !direction.isMidstream, !isFinal, self.direction(direction.sender.other).helloStatus == .expected { return .waits }
    let most = Int(min(stretch / 22, 1 << 24)) + direction.missing.records + 3
    if let server = handshakes[0]?.server, server.version != .tls13 {
      if handshakes[0]?.client == nil, foundRandom == nil { return byKeyLog(direction, min(most, Self.firstTries)) }
      guard let both = protections(0) else { return noSecret(direction) }
      return .list([
        Hypothesis(protection: isServer(direction) ? both.server : both.client, epoch: .upTo12, lowest: 0, count: most, handshake: 0)
      ])
    }
    guard let random = handshakes[0]?.client?.random ?? foundRandom else {
      return byKeyLog(direction, handshakes[0]?.server == nil ? Self.midstreamNumbers : min(most, Self.firstTries))
    }
    guard let secrets = secrets.secrets(of: random), let length = secrets.length13 else { return noSecret(direction) }
    var list: [Hypothesis] = []
    for suite in suite13.map({ [$0] }) ?? CipherSuite.candidates(forSecretOf: length) {
      var epochs: [Direction.Epoch] = [.handshake, .application]
      if !isServer(direction), handshakes[0]?.client?.offersEarlyData != false { epochs.append(.early) }
      // If the capture begins midway, the number of earlier records is not known.
      let count = direction.isMidstream ? max(most, Self.midstreamNumbers) : most
      for epoch in epochs {
        guard let secret = secrets[Self.label(epoch, isServer: isServer(direction))],
          let protection = RecordProtection(suite: suite, trafficSecret: secret)
        else { continue }
        list.append(Hypothesis(protection: protection, epoch: epoch, lowest: 0, count: count, suite: suite))
      }
    }
    return list.isEmpty ? noSecret(direction) : .list(list)
  }

  /// Number of sequence numbers tried if the capture begins midway.
  private static let midstreamNumbers = 400

  private func noSecret(_ direction: Direction) -> Hypotheses {
    guard mayLearnSecrets else { return .none }
    direction.missesSecrets = true
    return .waits
  }

  private func byKeyLog(_ direction: Direction, _ numbers: Int) -> Hypotheses {
    guard !mayLearnSecrets else { return noSecret(direction) }
    return keyLogTriesLeft > 0 ? .keyLog(numbers: numbers) : .none
  }

  /// Tries the secrets of all connections of the key log.
  private func attemptKeyLog(_ numbers: Int, _ head: RecordHead, _ body: Range<Int>, _ direction: Direction) -> Found? {
    var hypotheses = 0
    secrets.forEachConnection { random, secrets in
      forEachHypothesis(random, secrets, direction, counting: 1) { _ in
        hypotheses += 1
        return true
      }
      return hypotheses < keyLogTriesLeft
    }
    guard hypotheses > 0 else { return nil }
    let count = max(1, min(numbers, keyLogTriesLeft / hypotheses))
    var found: Found?
    var left = keyLogTriesLeft
    defer { keyLogTriesLeft = left }
    secrets.forEachConnection { random, secrets in
      forEachHypothesis(random, secrets, direction, counting: count) { make in
        found = make().flatMap { attempt([$0], head, body, direction, &left) }
        return found == nil && left > 0
      }
      return found == nil && left > 0
    }
    return found
  }

  /// Calls `body` with each hypothesis that the secrets of one connection in the key log allow.
  private func forEachHypothesis(
    _ random: ClientRandom, _ secrets: ConnectionSecrets, _ direction: Direction, counting count: Int,
    _ body: (() -> Hypothesis?) -> Bool
  ) {
    let server = handshakes[0]?.server
    if let server, server.version != .tls13 {
      guard let master = secrets[.master] else { return }
      let isServer = isServer(direction)
      _ = body {
        protections(server, random, master).map {
          Hypothesis(protection: isServer ? $0.server : $0.client, epoch: .upTo12, lowest: 0, count: count, random: random, handshake: 0)
        }
      }
      return
    }
    guard let length = secrets.length13 else { return }
    for suite in server.map({ [$0.suite] }) ?? CipherSuite.candidates(forSecretOf: length) {
      for isServer in client == nil ? [false, true] : [isServer(direction)] {
        for epoch in server == nil ? [Direction.Epoch.application, .handshake, .early] : [.handshake, .application, .early] {
          if epoch == .early, isServer { continue }
          guard let secret = secrets[Self.label(epoch, isServer: isServer)] else { continue }
          let goesOn = body {
            RecordProtection(suite: suite, trafficSecret: secret).map {
              Hypothesis(
                protection: $0, epoch: epoch, lowest: 0, count: count, suite: suite, random: random, isServer: isServer)
            }
          }
          if !goesOn { return }
        }
      }
    }
  }
}
