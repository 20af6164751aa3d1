internal import Stages

extension TLSStage {
  /// Performs the next step of a direction.
  func step(_ direction: Direction) -> Step {
    switch direction.phase {
    case .over: return .hungry
    case .detecting: return detect(direction)
    case .searching: return search(direction)
    case .plain, .protected: break
    }
    if direction.missesSecrets { return .blocked }
    if direction.toSkip > 0 { return skip(direction) }
    if direction.changesKeys { return changeKeys(direction) }
    let available = direction.pending.contiguousCount
    guard let head = direction.pending.recordHead(at: direction.pending.head) else {
      guard let hole = direction.pending.nextHole else { return .hungry }
      // A head is cut by a gap, or lies in it.
      direction.pending.removeHole()
      direction.pending.use(to: direction.pending.head + available)
      lose(direction, Int64(available) &+ hole.length, isExact: hole.isExact)
      return .advanced
    }
    guard head.isPlausible else {
      lose(direction, 0, isExact: true, .rejected)
      return .advanced
    }
    if head.total > available {
      if direction.pending.nextHole != nil || direction.end != nil { return damaged(head, direction) }
      direction.neededEnd = direction.pending.head + head.total
      return .hungry
    }
    let place = direction.pending.head
    let body = (place + RecordHead.size)..<(place + head.total)
    return direction.phase == .plain ? plain(head, body, direction) : protected(head, body, direction)
  }

  /// Begins a search, because a head is missing or implausible.
  private func lose(_ direction: Direction, _ length: Int64, isExact: Bool, _ kind: ClearGap.Kind = .lost) {
    if direction.phase == .plain { direction.hasPlainLoss = true }
    direction.search(behind: length, isExact: isExact, kind)
    news += 1
  }

  /// Notes a record of which only the head and a part were captured.
  private func damaged(_ head: RecordHead, _ direction: Direction) -> Step {
    if direction.phase == .plain {
      direction.hasPlainLoss = true
      news += 1
    }
    direction.messages.reset()
    let (length, isExact) = clearLength(of: head, in: direction)
    direction.missing.add(record: length, isExact: isExact, .lost)
    direction.toSkip = Int64(head.total)
    return .advanced
  }

  /// Skips the rest of a damaged record.
  private func skip(_ direction: Direction) -> Step {
    let taken = min(direction.toSkip, Int64(direction.pending.contiguousCount))
    keepLastBlock(direction, upTo: direction.pending.head + Int(taken))
    direction.pending.use(to: direction.pending.head + Int(taken))
    direction.toSkip &-= taken
    guard direction.toSkip > 0 else { return .advanced }
    guard let hole = direction.pending.nextHole else { return .hungry }
    direction.pending.removeHole()
    if hole.isExact, hole.length <= direction.toSkip {
      direction.toSkip &-= hole.length
    } else {
      let rest = hole.length &- direction.toSkip
      direction.toSkip = 0
      lose(direction, max(0, rest), isExact: hole.isExact)
    }
    return .advanced
  }

  /// Keeps the last block before a place as the vector of the next record, if it was captured.
  func keepLastBlock(_ direction: Direction, upTo end: Int) {
    guard let protection = direction.protection, protection.isChained else { return }
    let blockEnd = end - protection.outerMACLength
    direction.lastBlock = blockEnd - 16 >= direction.pending.head ? direction.pending.copy((blockEnd - 16)..<blockEnd) : []
  }

  // MARK: Unencrypted records

  private func plain(_ head: RecordHead, _ body: Range<Int>, _ direction: Direction) -> Step {
    switch head.type {
    case RecordHead.ContentType.changeCipherSpec:
      switch negotiated(direction) {
      case .waits: return .blocked
      case .unknown:
        // TLS 1.2 needs what was lost; a ChangeCipherSpec of TLS 1.3 means nothing.
        direction.pending.use(to: body.upperBound)
        direction.search(behind: 0)
        news += 1
        return .advanced
      case .tls13:
        direction.pending.use(to: body.upperBound)
        return .advanced
      case .upTo12:
        direction.pending.use(to: body.upperBound)
        noteResumption(direction)
        direction.changesKeys = true
        return .advanced
      }
    case RecordHead.ContentType.applicationData:
      switch negotiated(direction) {
      case .waits: return .blocked
      case .unknown:
        direction.search(behind: 0)
        news += 1
        return .advanced
      case .tls13: return beginTLS13(direction)
      case .upTo12:
        // Nothing is sent before the keys change, but for what a gap took.
        direction.search(behind: 0)
        return .advanced
      }
    case RecordHead.ContentType.handshake:
      read(body, direction)
      direction.pending.use(to: body.upperBound)
      return .advanced
    default:
      direction.pending.use(to: body.upperBound)
      return .advanced
    }
  }

  /// Reads the messages of an unencrypted record.
  private func read(_ body: Range<Int>, _ direction: Direction) {
    var messages: [(UInt8, [UInt8])] = []
    direction.pending.withBytes(body) { direction.messages.append($0) { messages.append(($0, $1)) } }
    for (type, message) in messages { handle(type, message, direction) }
  }

  // MARK: Encrypted records

  private func protected(_ head: RecordHead, _ body: Range<Int>, _ direction: Direction) -> Step {
    let isTLS13 = direction.epoch != .upTo12
    if isTLS13, head.type != RecordHead.ContentType.applicationData {
      // A compatibility ChangeCipherSpec, an alert of an end that has no keys yet, or the second hello after early data.
      if head.type == RecordHead.ContentType.handshake, direction.epoch == .early { read(body, direction) }
      direction.pending.use(to: body.upperBound)
      return .advanced
    }
    if needsSecret(direction) { return .blocked }
    let stamp = direction.pending.stamp(at: body.upperBound - 1)
    let place = body.lowerBound - RecordHead.size
    guard let found = open(head, body, direction) else {
      let (length, isExact) = clearLength(of: head, in: direction)
      direction.missing.add(record: length, isExact: isExact, direction.protection == nil ? .key : .rejected)
      keepLastBlock(direction, upTo: body.upperBound)
      direction.pending.use(to: body.upperBound)
      // A wrong key opens nothing, and a stream need not be decrypted to its end to know that.
      if !direction.hasOpened, direction.missing.records > Self.fruitlessRecords {
        direction.phase = .over
        news += 1
      }
      return .advanced
    }
    keepLastBlock(direction, upTo: body.upperBound)
    let length = Int64(body.upperBound - place)
    direction.meanRecord = direction.meanRecord == 0 ? length : (direction.meanRecord &* 7 &+ length) / 8
    direction.pending.use(to: body.upperBound)
    if let stamp { use(found, stamp, direction) }
    return .advanced
  }

  /// Number of records after which a key that opened none is given up.
  private static let fruitlessRecords = 64

  /// Opens a record with the current keys or those that may follow.
  private func open(_ head: RecordHead, _ body: Range<Int>, _ direction: Direction) -> RecordProtection.Opened? {
    let known = UInt64(direction.missing.records)
    let expected = direction.sequence &+ known
    if let protection = direction.protection {
      if let opened = open(head, body, with: protection, sequence: expected, direction) {
        adopt(direction, protection, direction.epoch, expected, sameKeys: true)
        return opened
      }
    }
    for follower in followers(of: direction) {
      for sequence in 0...min(known, 24) {
        guard let opened = open(head, body, with: follower.protection, sequence: sequence, direction) else { continue }
        adopt(direction, follower.protection, follower.epoch, sequence, sameKeys: false)
        return opened
      }
    }
    // A record that did not open may have been none of the sender's.
    if let protection = direction.protection, known > 0 {
      for back in 1...min(known, 8) {
        guard let opened = open(head, body, with: protection, sequence: expected &- back, direction) else { continue }
        adopt(direction, protection, direction.epoch, expected &- back, sameKeys: true)
        return opened
      }
    }
    return nil
  }

  /// Opens a record with one sequence number; the contents are in ``clear``.
  func open(
    _ head: RecordHead, _ body: Range<Int>, with protection: RecordProtection, sequence: UInt64, _ direction: Direction
  ) -> RecordProtection.Opened? {
    let previous = sequence == 0 ? protection.vector : direction.lastBlock
    return direction.pending.withBytes(body) { protection.open(head, $0, sequence: sequence, previous: previous, into: &clear) }
  }

  /// Adopts the keys and the sequence number of a record that opened.
  func adopt(_ direction: Direction, _ protection: RecordProtection, _ epoch: Direction.Epoch, _ sequence: UInt64, sameKeys: Bool) {
    settle(direction, epoch, sequence, sameKeys: sameKeys, protection.overhead)
    if !sameKeys {
      if epoch == .application { direction.trafficSecret = followingTrafficSecret(direction) }
      if direction.epoch != epoch || epoch == .application { news += 1 }
      let block = direction.lastBlock
      direction.begin(epoch, protection)
      direction.lastBlock = block
      direction.messages.reset()
    }
    direction.sequence = sequence &+ 1
    direction.hasOpened = true
    facts.isClear = true
  }

  /// Processes the contents of an opened record.
  private func use(_ opened: RecordProtection.Opened, _ stamp: ByteStamp, _ direction: Direction) {
    switch opened.type {
    case RecordHead.ContentType.applicationData:
      if direction.epoch == .early, earlyData != .accepted {
        direction.figures.droppedEarlyData &+= Int64(opened.content.count)
      } else {
        deliver(opened.content, stamp: stamp, in: direction)
      }
    case RecordHead.ContentType.handshake:
      var messages: [(UInt8, [UInt8])] = []
      direction.messages.append(clear.span.extracting(opened.content)) { messages.append(($0, $1)) }
      for (type, message) in messages { handle(type, message, direction) }
      if messages.contains(where: { $0.0 == HandshakeReader.MessageType.finished }) { finishHandshake(direction, at: stamp) }
      if let next = direction.nextEpoch { follow(direction, next) }
    case RecordHead.ContentType.changeCipherSpec where direction.epoch == .upTo12:
      // The new keys are those of a renegotiation.
      direction.changesKeys = true
    case RecordHead.ContentType.alert:
      // The description 0 is close_notify (RFC 8446, section 6.1).
      if opened.content.count == 2, clear[opened.content.lowerBound + 1] == 0 {
        direction.isClosed = true
        direction.phase = .over
        news += 1
      }
    default: break
    }
  }
}
