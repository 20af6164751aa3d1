extension RunMarker {
  /// Names of other people's files that are remembered at most while the own ones are removed.
  private static let mostForeign = 1_000_000

  /// What a marker says of the run that left it.
  enum Account {
    /// Every file that it made.
    case complete
    /// The system was started anew since, or too much is in it: files may be missing.
    case incomplete
  }

  /// Calls `body` with the path of each file that the earlier run made, as far as its marker knows. O(n), in bounded memory.
  ///
  /// The marker is hostile as well: paths are to be checked.
  func forEachOwnName(_ body: ([UInt8]) -> Void) throws(SystemError) -> Account {
    var foreign: Set<UInt64> = []
    var records = 0
    var isSameStart = false
    try forEachRecord { record in
      records += 1
      if records == 2 { isSameStart = !record.isEmpty && record.elementsEqual(calls.systemStart) }
      if records > 2, record.first == MarkedNames.Mark.foreign.rawValue, foreign.count < Self.mostForeign {
        foreign.insert(FileNames.hash(record.dropFirst()))
      }
    }
    if foreign.count == Self.mostForeign { return .incomplete }
    records = 0
    try forEachRecord { record in
      records += 1
      guard records > 2, record.first == MarkedNames.Mark.own.rawValue else { return }
      let name = record.dropFirst()
      if foreign.isEmpty || !foreign.contains(FileNames.hash(name)) { body(Array(name)) }
    }
    return isSameStart ? .complete : .incomplete
  }

  /// Whole records alone, and none that is longer than a name can be.
  private func forEachRecord(_ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
    var record: [UInt8] = []
    try calls.forEachPiece(of: descriptor) { piece in
      for byte in piece {
        if byte == 0 {
          if record.count <= NameTemplate.maxPathLength + 1 { body(record[...]) }
          record.removeAll(keepingCapacity: true)
        } else if record.count <= NameTemplate.maxPathLength + 1 {
          record.append(byte)
        }
      }
    }
  }
}
