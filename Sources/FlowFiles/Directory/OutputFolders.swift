internal import Glibc

/// Files below the output directory, opened one component of their path at a time, without following links.
///
/// Folders that were used last stay open. Each thread has an object of its own.
final class OutputFolders {
  /// Default number of folders that stay open.
  static let most = 16

  /// A folder that is open.
  private struct Folder {
    /// Path with a slash at the end, and its hash.
    let path: [UInt8]
    let hash: UInt64
    let descriptor: Int32
  }

  /// Descriptor of the output directory, which the owner keeps open.
  private let descriptor: Int32
  private let calls: any SystemCalls
  /// Number of folders that stay open, at least 1.
  var most: Int
  /// Open folders, the least recently used one first.
  private var open: [Folder] = []

  init(of directory: Int32, calls: any SystemCalls, most: Int = OutputFolders.most) {
    descriptor = directory
    self.calls = calls
    self.most = most
  }

  deinit { for folder in open { Glibc.close(folder.descriptor) } }

  /// Opens the file at `path`, and creates the folders of its path if `flags` creates the file.
  ///
  /// - Parameters:
  ///   - path: a relative path with safe components, without a NUL; one is appended.
  ///   - flags: the flags of `open`.
  /// - Returns: the descriptor.
  /// - Throws: `SystemError` if the file cannot be opened or created.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    path.append(0)
    return try openFile(terminated: path, flags: flags)
  }

  /// Opens the file at a path that ends with a NUL, in the same way.
  func openFile(terminated path: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    guard let slash = path.lastIndex(of: 0x2f) else { return try calls.openUninterrupted(at: descriptor, path, flags: flags) }
    let name = Array(path[(slash + 1)...])
    let isMaking = flags & O_CREAT != 0
    let hadFolders = !open.isEmpty
    do throws(SystemError) {
      return try calls.openUninterrupted(at: openFolder(path[...slash], making: isMaking), name, flags: flags)
    } catch {
      // A folder may have been removed, because it was empty, after it was opened here.
      guard error.code == ENOENT, hadFolders else { throw error }
    }
    closeAll()
    return try calls.openUninterrupted(at: openFolder(path[...slash], making: isMaking), name, flags: flags)
  }

  /// Whether a file with this path is known to exist.
  ///
  /// If that cannot be found out, creating the file decides, which never replaces a file.
  func exists(_ path: [UInt8]) -> Bool {
    do throws(SystemError) {
      var parent = descriptor
      var name = path[...]
      if let slash = path.lastIndex(of: 0x2f) {
        parent = try openFolder(path[...slash], making: false)
        name = path[(slash + 1)...]
      }
      _ = try calls.status(at: parent, Array(name) + [0])
      return true
    } catch {
      return false
    }
  }

  /// Opens a folder, whose parent is opened in the same way.
  ///
  /// The object owns the descriptor, which is valid until the next call.
  ///
  /// - Parameters:
  ///   - path: the path of the folder with a slash at the end.
  ///   - making: whether missing folders are created.
  /// - Returns: the descriptor.
  /// - Throws: `SystemError` if the folder cannot be opened or created.
  private func openFolder(_ path: ArraySlice<UInt8>, making: Bool) throws(SystemError) -> Int32 {
    let hash = FileNames.hash(path)
    if let index = open.lastIndex(where: { $0.hash == hash && $0.path.elementsEqual(path) }) {
      if index < open.count - 1 { open.append(open.remove(at: index)) }
      return open[open.count - 1].descriptor
    }
    let bare = path.dropLast()
    let slash = bare.lastIndex(of: 0x2f)
    let parent = if let slash { try openFolder(path[...slash], making: making) } else { descriptor }
    let name = Array(bare[(slash.map { $0 + 1 } ?? bare.startIndex)...]) + [0]
    let opened = try openFolder(name, in: parent, making: making)
    while open.count >= max(1, most) { closeOldest() }
    open.append(Folder(path: Array(path), hash: hash, descriptor: opened))
    return opened
  }

  /// Opens a folder of a parent, and creates it if it is missing.
  private func openFolder(_ name: [UInt8], in parent: Int32, making: Bool) throws(SystemError) -> Int32 {
    var mayMake = making
    while true {
      do throws(SystemError) {
        return try calls.openUninterrupted(at: parent, name, flags: O_RDONLY | O_DIRECTORY)
      } catch {
        switch error.code {
        case ENOENT where mayMake:
          mayMake = false
          do throws(SystemError) { try calls.makeDirectory(at: parent, name) } catch { if error.code != EEXIST { throw error } }
        // The parent is the last one.
        case EMFILE where open.count > 1, ENFILE where open.count > 1: closeOldest()
        default: throw error
        }
      }
    }
  }

  private func closeOldest() {
    let folder = open.removeFirst()
    do throws(SystemError) { try calls.close(folder.descriptor) } catch {}
  }

  /// Closes all folders.
  func closeAll() { while !open.isEmpty { closeOldest() } }

  /// Closes a folder that was removed.
  private func forget(_ path: ArraySlice<UInt8>) {
    guard let index = open.firstIndex(where: { $0.path.dropLast().elementsEqual(path) }) else { return }
    let folder = open.remove(at: index)
    do throws(SystemError) { try calls.close(folder.descriptor) } catch {}
  }

  /// Removes a regular file, and the parent folders that are empty then; anything else stays.
  ///
  /// - Parameter path: the path of the file.
  /// - Returns: the size of the file in bytes, holes included; nil if none was removed.
  @discardableResult
  func removeFile(_ path: [UInt8]) -> UInt64? {
    guard OutputDirectory.isSafe(path) else { return nil }
    let size: UInt64
    do throws(SystemError) {
      var parent = descriptor
      let slash = path.lastIndex(of: 0x2f)
      if let slash { parent = try openFolder(path[...slash], making: false) }
      let name = Array(path[(slash.map { $0 + 1 } ?? 0)...]) + [0]
      let status = try calls.status(at: parent, name)
      guard status.isRegular else { return nil }
      size = status.size
      try calls.remove(at: parent, name, directory: false)
    } catch {
      // A file that cannot be removed stays, and its name counts as taken.
      return nil
    }
    for folder in Self.folders(of: path) where !removeFolder(folder) { break }
    return size
  }

  /// Removes the empty folders of a path.
  func removeFolders(of path: [UInt8]) {
    guard OutputDirectory.isSafe(path) else { return }
    for folder in Self.folders(of: path) { removeFolder(folder) }
  }

  /// Returns the parent folders of a path, the innermost first.
  private static func folders(of path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.indices.reversed().filter { path[$0] == 0x2f }.map { path[..<$0] }
  }

  /// Removes an empty folder.
  ///
  /// - Parameter path: the path of the folder.
  /// - Returns: false if the folder has entries or does not exist.
  @discardableResult
  private func removeFolder(_ path: ArraySlice<UInt8>) -> Bool {
    do throws(SystemError) {
      let slash = path.lastIndex(of: 0x2f)
      let parent = if let slash { try openFolder(path[...slash], making: false) } else { descriptor }
      try calls.remove(at: parent, Array(path[(slash.map { $0 + 1 } ?? path.startIndex)...]) + [0], directory: true)
      forget(path)
      return true
    } catch {
      return false
    }
  }
}
