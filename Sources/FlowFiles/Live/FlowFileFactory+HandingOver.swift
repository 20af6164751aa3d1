internal import Glibc
internal import Paths

extension FlowFileFactory {
  /// Makes a user the owner of the directory, the marker and the index, so that the process can continue without further privileges.
  ///
  /// A directory in which other files lie keeps its owner.
  ///
  /// - Parameters:
  ///   - user: the user id.
  ///   - group: the group id.
  /// - Throws: `OutputError` if the system refuses.
  public func handOver(user: UInt32, group: UInt32) throws(OutputError) {
    let directory = store.directory
    if !directory.hadEntries, !directory.isUnnamed { try Self.give(directory.descriptor, directory.path, user, group) }
    try Self.give(directory.marker.descriptor, directory.path.appending(RunMarker.name), user, group)
    if let archive = store.tar, archive.path != "-" { try Self.give(archive.descriptor, archive.path, user, group) }
    for file in lineFiles { try Self.give(file.descriptor, directory.path.appending(file.name), user, group) }
  }

  /// Whether files can be created in the directory with the remaining privileges.
  public var canMakeFiles: Bool { store.directory.isUnnamed || store.directory.isWritable }

  /// Removes the files that were created for a run which will write nothing.
  ///
  /// With fewer privileges than before, some may remain.
  public func abandon() {
    for file in lineFiles { store.directory.removeReserved(file.name) }
    store.directory.abandon()
    store.tar?.abandon()
  }

  /// The files of lines that exist, in the order in which an archive has them.
  var lineFiles: [LineFile] { [index?.lines, chunks?.lines, matches?.lines].compactMap(\.self) + (http?.lineFiles ?? []) }

  /// The corresponding C function is `fchown`.
  private static func give(_ descriptor: Int32, _ path: FilePath, _ user: UInt32, _ group: UInt32) throws(OutputError) {
    if fchown(descriptor, user, group) != 0 { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
  }
}
