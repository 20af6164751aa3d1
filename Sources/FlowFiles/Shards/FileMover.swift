internal import Glibc

/// Mover of files below the output directory, which replaces none and may be repeated.
final class FileMover {
  /// Folder that is open.
  private struct Folder {
    let path: [UInt8]
    let descriptor: Int32
  }

  /// Number of folders that stay open: connections of several shards alternate, and so do folders of a template.
  private static let most = 16

  private let folders: FolderReading
  /// Open folders, the least recently used one first.
  private var opened: [Folder] = []

  init(_ folders: FolderReading) { self.folders = folders }

  deinit { close() }

  /// Closes all folders.
  func close() { while !opened.isEmpty { closeOldest() } }

  private func closeOldest() {
    do throws(SystemError) { try folders.calls.close(opened.removeFirst().descriptor) } catch {}
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
    let target = try open(Self.folder(newPath), making: true)
    var source: Int32 = -1
    do throws(SystemError) {
      source = try open(Self.folder(path), making: false)
      try folders.calls.move(at: source, name, to: target, newName)
    } catch {
      // An earlier attempt, which was interrupted, may have moved it, or given it its second name.
      if error.code == ENOENT, exists(newName, in: target) { return }
      guard error.code == EEXIST,
        try folders.calls.status(at: source, name).isSameFile(as: try folders.calls.status(at: target, newName))
      else { throw error }
      try folders.calls.remove(at: source, name, directory: false)
    }
  }

  /// Removes a file of which there is another copy; an earlier attempt may have removed it.
  func remove(_ path: [UInt8]) throws(SystemError) {
    do throws(SystemError) {
      try folders.calls.remove(at: open(Self.folder(path), making: false), Self.name(path), directory: false)
    } catch {
      if error.code != ENOENT { throw error }
    }
  }

  private func exists(_ newName: [UInt8], in target: Int32) -> Bool {
    do throws(SystemError) {
      return try folders.calls.status(at: target, newName).isRegular
    } catch {
      return false
    }
  }

  /// Returns the descriptor of a folder, which is valid until `most` others were used.
  private func open(_ path: ArraySlice<UInt8>, making: Bool) throws(SystemError) -> Int32 {
    if let index = opened.lastIndex(where: { path.elementsEqual($0.path) }) {
      if index < opened.count - 1 { opened.append(opened.remove(at: index)) }
      return opened[opened.count - 1].descriptor
    }
    if opened.count >= Self.most { closeOldest() }
    let descriptor = try folders.openFolder(path, making: making)
    opened.append(Folder(path: Array(path), descriptor: descriptor))
    return descriptor
  }

  private static func folder(_ path: [UInt8]) -> ArraySlice<UInt8> { path[..<(path.lastIndex(of: 0x2f) ?? 0)] }
  private static func name(_ path: [UInt8]) -> [UInt8] { Array(path[(path.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0)...]) + [0] }
}
