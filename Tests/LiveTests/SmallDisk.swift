import Foundation
import Testing

/// A file system of a test's own that is full after a megabyte.
final class SmallDisk {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let mount = try Running(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder.path], in: try Folder())
    try #require(mount.end() == 0, "\(mount.errors)")
  }

  deinit { _ = try? Running(["umount", "-l", folder.path], in: try Folder()).end() }
}
