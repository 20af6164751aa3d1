internal import Glibc

/// Files below the output directory, opened one component of their path at a time, without following links.
///
/// The folder that was used last stays open, because consecutive files often share it. Each thread has an object of its own.
final class OutputFolders {
  /// Descriptor of the output directory, which the owner keeps open.
  private let descriptor: Int32
  private let calls: any SystemCalls
  /// Descriptor of the folder that was used last, and its path with a slash at the end.
  private var folder: Int32 = -1
  private var folderPath: [UInt8] = []

  init(of directory: Int32, calls: any SystemCalls) {
    descriptor = directory
    self.calls = calls
  }

  deinit { if folder >= 0 { Glibc.close(folder) } }

  /// Opens the file at `path`, and creates the folders of its path if `flags` creates the file.
  ///
  /// - Parameters:
  ///   - path: a relative path with safe components, without a NUL; one is appended.
  ///   - flags: the flags of `open`.
  /// - Returns: the descriptor.
  /// - Throws: `SystemError` if the file cannot be opened or created.
  func openFile(_ path: inout [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    guard let slash = path.lastIndex(of: 0x2f) else {
      path.append(0)
      return try calls.openUninterrupted(at: descriptor, path, flags: flags)
    }
    let parent = try openFolder(path[...slash], making: flags & O_CREAT != 0)
    return try calls.openUninterrupted(at: parent, Array(path[(slash + 1)...]) + [0], flags: flags)
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

  /// Opens a folder, one component after the other.
  ///
  /// The directory owns the descriptor, which is valid until the next call.
  private func openFolder(_ path: ArraySlice<UInt8>, making: Bool) throws(SystemError) -> Int32 {
    if folder >= 0, path.elementsEqual(folderPath) { return folder }
    if folder >= 0 {
      let old = folder
      folder = -1
      try calls.close(old)
    }
    var current = descriptor
    do throws(SystemError) {
      for component in path.split(separator: 0x2f) {
        let name = Array(component) + [0]
        if making {
          do throws(SystemError) { try calls.makeDirectory(at: current, name) } catch { if error.code != EEXIST { throw error } }
        }
        let next = try calls.openUninterrupted(at: current, name, flags: O_RDONLY | O_DIRECTORY)
        if current != descriptor { try calls.close(current) }
        current = next
      }
    } catch {
      if current != descriptor { do throws(SystemError) { try calls.close(current) } catch {} }
      throw error
    }
    folder = current
    folderPath = Array(path)
    return current
  }

  /// Removes a regular file, and the parent folders that are empty then; anything else stays.
  ///
  /// - Parameter path: the path of the file.
  /// - Returns: whether a file was removed.
  @discardableResult
  func removeFile(_ path: [UInt8]) -> Bool {
    guard OutputDirectory.isSafe(path) else { return false }
    do throws(SystemError) {
      var parent = descriptor
      let slash = path.lastIndex(of: 0x2f)
      if let slash { parent = try openFolder(path[...slash], making: false) }
      let name = Array(path[(slash.map { $0 + 1 } ?? 0)...]) + [0]
      guard try calls.status(at: parent, name).isRegular else { return false }
      try calls.remove(at: parent, name, directory: false)
    } catch {
      // A file that cannot be removed stays, and its name counts as taken.
      return false
    }
    for folder in Self.folders(of: path) where !removeFolder(folder) { break }
    return true
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
      folderPath.removeAll()
      return true
    } catch {
      return false
    }
  }
}
