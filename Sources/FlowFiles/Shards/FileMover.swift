internal import Glibc

/// Mover of files below the output directory, which replaces none and may be repeated.
final class FileMover {
  /// Folder that was used last, with its path.
  private struct Folder {
    var path: [UInt8] = []
    var descriptor: Int32 = -1
  }

  private let folders: FolderReading
  private var source = Folder()
  private var target = Folder()

  init(_ folders: FolderReading) { self.folders = folders }

  deinit { close() }

  /// Closes the folders that were used last.
  func close() {
    for folder in [source, target] where folder.descriptor >= 0 {
      do throws(SystemError) { try folders.calls.close(folder.descriptor) } catch {}
    }
    (source, target) = (Folder(), Folder())
  }

  /// Moves a file, and makes the folders of its new path.
  ///
  /// - Parameters:
  ///   - path: the path of the file.
  ///   - newPath: the new path.
  /// - Throws: `SystemError` if it cannot be moved; EEXIST if another file has the new path.
  func move(_ path: [UInt8], to newPath: [UInt8]) throws(SystemError) {
    let name = Self.name(path)
    let newName = Self.name(newPath)
    try open(Self.folder(newPath), &target, making: true)
    do throws(SystemError) {
      try open(Self.folder(path), &source, making: false)
      try folders.calls.move(at: source.descriptor, name, to: target.descriptor, newName)
    } catch {
      // An earlier attempt, which was interrupted, may have moved it, or given it its second name.
      if error.code == ENOENT, exists(newName) { return }
      guard error.code == EEXIST,
        try folders.calls.status(at: source.descriptor, name).isSameFile(
          as: try folders.calls.status(at: target.descriptor, newName))
      else { throw error }
      try folders.calls.remove(at: source.descriptor, name, directory: false)
    }
  }

  /// Removes a file of which there is another copy; an earlier attempt may have removed it.
  func remove(_ path: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      try open(Self.folder(path), &source, making: false)
      try folders.calls.remove(at: source.descriptor, Self.name(path), directory: false)
    } catch {
      if error.code != ENOENT { throw error }
    }
  }

  private func exists(_ newName: [UInt8]) -> Bool {
    do throws(SystemError) {
      return try folders.calls.status(at: target.descriptor, newName).isRegular
    } catch {
      return false
    }
  }

  private func open(_ path: ArraySlice<UInt8>, _ folder: inout Folder, making: Bool) throws(SystemError) {
    if folder.descriptor >= 0 {
      if path.elementsEqual(folder.path) { return }
      let old = folder.descriptor
      folder.descriptor = -1
      try folders.calls.close(old)
    }
    folder.descriptor = try folders.openFolder(path, making: making)
    folder.path = Array(path)
  }

  private static func folder(_ path: [UInt8]) -> ArraySlice<UInt8> { path[..<(path.lastIndex(of: 0x2f) ?? 0)] }
  private static func name(_ path: [UInt8]) -> [UInt8] { Array(path[(path.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0)...]) + [0] }
}
