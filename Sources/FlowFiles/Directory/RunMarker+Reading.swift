extension RunMarker {
  /// Greatest number of names of foreign files that are kept in memory.
  private static let mostForeign = 1_000_000

  /// Completeness of a marker's record of the run that left it.
  enum Account {
    /// It names every file of the run.
    case complete
    /// Names may be missing: the system was restarted since, or the marker holds too many foreign names.
    case incomplete
  }

  /// Calls `body` with the path of each file that the earlier run created, as far as its marker records.
  ///
  /// O(n), in bounded memory. The marker is untrusted, so the caller must check the paths.
  ///
  /// - Parameter body: receives each path.
  /// - Returns: whether the record is complete.
  /// - Throws: `SystemError` if the marker cannot be read.
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

  /// Calls `body` with every complete record that is not longer than a name can be.
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
