internal import HTTP

/// What the path of a file of HTTP is made of, before it gets a number among equal ones.
struct BodyName: Equatable {
  /// Parts of the path.
  enum Parts: Equatable {
    /// A whole path.
    case path([UInt8])
    /// A whole path that begins with the number of the connection.
    case numbered([UInt8])
    /// The path of another file of the exchange, and a suffix.
    case extended([UInt8], suffix: [UInt8])
  }

  /// Number of the connection.
  var connection: UInt64
  /// Number of the exchange.
  var exchange: UInt64
  var parts: Parts

  /// The wanted path.
  var path: [UInt8] {
    switch parts {
    case .path(let path), .numbered(let path): path
    case .extended(let base, let suffix): BodyNames.extended(base, suffix)
    }
  }
}

/// Paths of files in the folder `http/`: they differ without regard to case, and no folder has the name of a file.
struct TreeNames {
  private var names = FileNames(maxTuples: 500_000)
  /// Numbers of the folders of a tree, by the hash of the path.
  private var folders = AgeingTable<UInt64>(capacity: 500_000)

  /// Reserves a path, or the first one with a number that is free.
  ///
  /// - Parameters:
  ///   - path: the wanted path.
  ///   - isInTree: whether it may have folders below `http/`.
  ///   - isTaken: returns whether a path is taken.
  /// - Returns: the path.
  mutating func reserve(_ path: [UInt8], isInTree: Bool = true, isTaken: ([UInt8]) -> Bool = { _ in false }) -> [UInt8] {
    let path = isInTree ? besideFiles(path) : path
    let folders = folders
    let number = names.reserve(path.lowercased) { candidate in folders[FileNames.hash(candidate)] != 0 || isTaken(candidate) }
    return FileNames.numbered(path, number)
  }

  /// Path in a tree in which no folder has the name of a file.
  private mutating func besideFiles(_ path: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    let components = path.split(separator: 0x2f)
    for component in components.dropLast() {
      if !result.isEmpty { result.append(0x2f) }
      result += component
      let bare = result
      // The search begins at the previous number of the folder, so that its cost does not grow with the number of calls.
      var number = max(1, folders[FileNames.hash(bare.lowercased)])
      if number > 1 { result = FileNames.numbered(bare, number) }
      // The top folder, `http`, is reserved and needs no check.
      while result.contains(0x2f), names.isGiven(result.lowercased) {
        number &+= 1
        result = FileNames.numbered(bare, number)
      }
      folders[FileNames.hash(bare.lowercased)] = number
      if number > 1 { folders[FileNames.hash(result.lowercased)] = 1 }
    }
    return result + [0x2f] + (components.last ?? [])
  }
}
