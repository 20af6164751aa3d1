internal import Packets
internal import Reassembly
internal import Report

// Fields of what a shard records for report.html, in the order in which they are in its files.

extension PageConnection: CodedRecord {
  mutating func code(_ coder: inout FieldCoder) {
    connection.code(&coder)
    detail.code(&coder)
    coder.code(&lane)
  }
}

extension RecordedConnection {
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    row.code(&coder)
    var isResponder = client == .responder
    coder.code(&isResponder)
    client = isResponder ? .responder : .originator
    coder.code(&clientAddress)
    coder.code(&isRefused)
    account.code(&coder)
    missing.code(&coder)
    coder.code(&unchecked)
    coder.code(&gapTimes, empty: 0) { $0.code(&$1) }
    coder.code(&conflictTimes, empty: 0) { $0.code(&$1) }
  }
}

extension ConnectionRow {
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    coder.code(&id)
    coder.code(&client)
    coder.code(&server)
    coder.code(&start)
    coder.code(&end)
    coder.code(&handshake)
    coder.code(&close)
    coder.code(&clientBytes)
    coder.code(&serverBytes)
    coder.code(&spark)
    coder.code(&roundTrip, empty: 0) { $0.code(&$1) }
    coder.code(&repeatedBytes)
    coder.code(&outOfOrder)
    coder.code(&gapBytes)
    coder.code(&conflicts)
    var bits = UInt64(marks.rawValue)
    coder.code(&bits)
    marks = Marks(rawValue: UInt16(truncatingIfNeeded: bits))
    coder.code(&tls)
    coder.code(&http)
    coder.code(&name)
    coder.code(&files, empty: File(path: [], isFromClient: false, reasons: [])) { coder, file in
      coder.code(&file.path)
      coder.code(&file.isFromClient)
      coder.code(&file.reasons, empty: "") { coder, reason in coder.code(&reason) }
    }
  }
}

extension ByteAccount {
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    coder.code(&length)
    coder.code(&bytes)
    coder.code(&gapBytes)
    coder.code(&payloadBytes)
    coder.code(&repeatedBytes)
    coder.code(&droppedBytes)
  }
}

extension RunFacts.Missing {
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    coder.code(&recorder)
    coder.code(&network)
    coder.code(&cut)
    coder.code(&rejected)
    coder.code(&jump)
  }
}

extension DetailFacts {
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    coder.code(&firstPacket)
    coder.code(&lastPacket)
    coder.code(&displayFilter)
    coder.code(&startText)
    coder.code(&times, empty: ("", "")) { coder, time in
      coder.code(&time.name)
      coder.code(&time.value)
    }
    fromClient.code(&coder)
    fromServer.code(&coder)
  }
}

extension ConnectionDetail.Direction {
  /// Codes everything but the points.
  fileprivate mutating func code(_ coder: inout FieldCoder) {
    coder.code(&length)
    coder.code(&origin)
    account.code(&coder)
    coder.code(&gaps, empty: ConnectionDetail.Gap(offset: 0, length: 0, words: "", isAcknowledged: false)) { coder, gap in
      coder.code(&gap.offset)
      coder.code(&gap.length)
      coder.code(&gap.words)
      coder.code(&gap.isAcknowledged)
    }
    let empty = ConnectionDetail.Conflict(offset: 0, length: 0, kept: [], keptPacket: nil, other: [], otherPacket: 0)
    coder.code(&conflicts, empty: empty) { coder, conflict in
      coder.code(&conflict.offset)
      coder.code(&conflict.length)
      coder.code(&conflict.kept)
      coder.code(&conflict.keptPacket, empty: 0) { $0.code(&$1) }
      coder.code(&conflict.other)
      coder.code(&conflict.otherPacket)
    }
  }
}

extension ObjectRow: CodedRecord {
  init() { self.init(connection: 0, exchange: 0) }

  mutating func code(_ coder: inout FieldCoder) {
    coder.code(&connection)
    coder.code(&exchange)
    coder.code(&isRequest)
    coder.code(&path)
    coder.code(&url)
    coder.code(&host)
    coder.code(&declared)
    coder.code(&sniffed)
    coder.code(&size)
    coder.code(&sha256)
    var number = status.map(Int64.init)
    coder.code(&number, empty: 0) { $0.code(&$1) }
    status = number.map(Int.init)
    coder.code(&isComplete)
  }
}
