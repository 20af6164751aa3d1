internal import Glibc
internal import Paths

extension FlowFileFactory {
  /// Gives the directory, the marker and the index to a user, who can then go on without further rights.
  ///
  /// A directory in which other files lie is somebody's already and stays theirs.
  /// - Throws: where the system refuses.
  public func handOver(user: UInt32, group: UInt32) throws(OutputError) {
    let directory = store.directory
    if !directory.hadEntries { try Self.give(directory.descriptor, directory.path, user, group) }
    try Self.give(directory.marker.descriptor, directory.path.appending(RunMarker.name), user, group)
    for file in lineFiles { try Self.give(file.descriptor, directory.path.appending(file.name), user, group) }
  }

  /// Whether files can be made in the directory with the rights that are left.
  public var canMakeFiles: Bool { store.directory.isWritable }

  /// Nothing will be written after all: takes away what was made for it.
  ///
  /// With fewer rights than before it may stay.
  public func abandon() {
    for file in lineFiles { store.directory.removeReserved(file.name) }
    store.directory.abandon()
  }

  private var lineFiles: [LineFile] { [index?.lines, chunks?.lines].compactMap(\.self) + (http?.lineFiles ?? []) }

  /// The corresponding C function is `fchown`.
  private static func give(_ descriptor: Int32, _ path: FilePath, _ user: UInt32, _ group: UInt32) throws(OutputError) {
    if fchown(descriptor, user, group) != 0 { throw OutputError(path: path, reason: .system(SystemError(code: errno))) }
  }
}
