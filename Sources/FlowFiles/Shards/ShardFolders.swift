internal import Glibc
public import Paths
package import Reassembly

/// Folders of the shards of a run: whole ones by number, and attempts that were interrupted or go on.
struct ShardFolders {
  private let path: FilePath
  /// Names of the whole shards, in order.
  private(set) var whole: [[UInt8]] = []
  private let digits = 5

  /// Name of the folder of a shard.
  static func name(_ index: Int) -> [UInt8] {
    var name: [UInt8] = []
    name.append(decimal: UInt64(index), width: 5)
    return name
  }

  /// Part of the name of an attempt behind the name of the shard; host and process follow.
  static let attempt = Array(".tmp.".utf8)

  /// Finds the folders, and removes what attempts left.
  ///
  /// - Parameters:
  ///   - root: the output directory.
  ///   - folders: the folders below it.
  /// - Throws: `MergeRefusal` if an attempt goes on, or something else is in the way.
  init(in root: FilePath, _ folders: FolderReading) throws(MergeRefusal) {
    path = root.appending(ReservedNames.shards)
    let names: [[UInt8]]
    do throws(SystemError) { names = try folders.names(in: ReservedNames.shards) } catch { throw MergeRefusal(path, error) }
    for name in names {
      let number = name.prefix(digits)
      let isNumber = number.count == digits && number.allSatisfy { (0x30...0x39).contains($0) }
      if isNumber, name.count == digits {
        whole.append(name)
      } else if isNumber, name.dropFirst(digits).starts(with: Self.attempt) {
        try ShardFolder.removeAttempt(path.appending(name))
      } else {
        throw MergeRefusal(path.appending(name), "in the way, and no shard; move it away")
      }
    }
  }

  /// Checks that all shards of one run are there.
  func check(_ sources: [ShardSource]) throws(MergeRefusal) {
    guard let first = sources.first else {
      throw MergeRefusal(path, "there is no whole shard; make them with reasm --shard 0/N and so on")
    }
    let count = first.shard.count
    for source in sources {
      guard source.shard.count == count else {
        throw MergeRefusal(source.path, "this is one of \(source.shard.count) shards, and \(first.path) one of \(count)")
      }
      guard Array(source.folder.suffix(digits)) == Self.name(Int(clamping: source.shard.index)) else {
        throw MergeRefusal(source.path, "this is shard \(source.shard.index), in a folder of another name")
      }
      if let words = source.contract.difference(from: first.contract) {
        throw MergeRefusal(source.path, "the \(words) are others than for \(first.path): the shards are not those of one run")
      }
    }
    let present = Set(sources.map(\.shard.index))
    let missing = (0..<count).filter { !present.contains($0) }
    guard let next = missing.first else { return }
    let others = missing.count == 1 ? "" : " and \(missing.count - 1) more"
    throw MergeRefusal(
      path.appending(Self.name(Int(clamping: next))), "the shard is missing\(others); make it with --shard \(next)/\(count)")
  }
}

/// Folder of one shard, which is made under another name and renamed when it is whole.
public struct ShardFolder {
  /// Output directory of the run.
  private let root: FilePath
  private let shard: Shard
  /// Folder of the whole shard.
  public let path: FilePath
  /// Folder of this attempt.
  public let attempt: FilePath

  /// Names the folders of a shard; nothing is made.
  ///
  /// - Parameters:
  ///   - root: the output directory of the run.
  ///   - shard: the shard.
  package init(in root: FilePath, _ shard: Shard) {
    self.root = root
    self.shard = shard
    let shards = root.appending(ReservedNames.shards)
    let name = ShardFolders.name(shard.index)
    path = shards.appending(name)
    attempt = shards.appending(name + ShardFolders.attempt + Self.host() + [0x2d] + Array(String(getpid()).utf8))
  }

  /// Name of this machine, in letters that names of files may have.
  private static func host() -> [UInt8] {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return Array("host".utf8) }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return bytes.prefix(100).map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: byte
      default: 0x5f
      }
    }
  }

  /// Compares the shard that is there already with a run.
  ///
  /// - Parameters:
  ///   - report: the report of the run before it has read anything.
  ///   - contract: what all shards of the run have alike.
  /// - Returns: whether there is such a shard.
  /// - Throws: `MergeRefusal` if it is that of another run; it says what differs.
  package func isMade(by report: RunReport, _ contract: ShardContract) throws(MergeRefusal) -> Bool {
    guard access(path.terminated, F_OK) == 0 else { return false }
    let descriptor = Glibc.open(path.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw MergeRefusal(path, SystemError(code: errno)) }
    defer { close(descriptor) }
    let text: [UInt8]
    let order: OrderReader?
    let folder = FolderReading(directory: descriptor, calls: KernelCalls())
    do throws(SystemError) {
      text = try folder.contents(of: Array(RunReport.fileName.utf8), most: 64 << 20)
      order = try OrderReader(Array(OrderFile.name.utf8), in: folder)
    } catch {
      throw MergeRefusal(path.appending(RunReport.fileName), error)
    }
    guard let made = JSONValue(text), let wanted = JSONValue(report.json()) else {
      throw MergeRefusal(path, damage: "run.json is damaged")
    }
    if let words = MergedReport.differenceOfRuns(made, wanted) { throw MergeRefusal(path, "\(words); name another output directory") }
    guard let order else { throw MergeRefusal(path, damage: "\(OrderFile.name) is damaged") }
    guard order.shard.count == shard.count else {
      throw MergeRefusal(path, "this is one of \(order.shard.count) shards, not of \(shard.count); name another output directory")
    }
    if let words = contract.difference(from: order.contract) {
      throw MergeRefusal(path, "made by another run: it had other \(words); name another output directory")
    }
    return true
  }

  /// Makes the output directory and the folder of shards, and checks that nothing else is there.
  package func prepare() throws(MergeRefusal) {
    try Self.make(root)
    let descriptor = Glibc.open(root.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MergeRefusal(root, SystemError(code: errno)) }
    defer { close(descriptor) }
    let names: [[UInt8]]
    do throws(SystemError) { names = try FolderReading(directory: descriptor, calls: KernelCalls()).names(in: []) } catch {
      throw MergeRefusal(root, error)
    }
    if names.contains(RunMarker.name) { throw MergeRefusal(root, "the shards are being merged, or a merge was interrupted") }
    if names.contains(where: { $0 != ReservedNames.shards }) {
      throw MergeRefusal(root, "the directory has other files than shards; name a new one with -o")
    }
    let shards = root.appending(ReservedNames.shards)
    try Self.make(shards)
    // A symbolic link could lead out of the output directory.
    let folder = Glibc.open(shards.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard folder >= 0 else { throw MergeRefusal(shards, SystemError(code: errno)) }
    close(folder)
  }

  private static func make(_ folder: FilePath) throws(MergeRefusal) {
    if mkdir(folder.terminated, 0o777) != 0, errno != EEXIST { throw MergeRefusal(folder, SystemError(code: errno)) }
  }

  /// Gives the whole shard its name.
  ///
  /// - Returns: false if another attempt was first; this one is removed then.
  /// - Throws: `MergeRefusal` if it cannot be renamed.
  package func commit() throws(MergeRefusal) -> Bool {
    if rename(attempt.terminated, path.terminated) == 0 { return true }
    guard errno == ENOTEMPTY || errno == EEXIST else { throw MergeRefusal(path, SystemError(code: errno)) }
    try Self.removeAttempt(attempt)
    return false
  }

  /// Removes the files of an attempt that was interrupted.
  ///
  /// - Parameter path: the path of its folder.
  /// - Throws: `MergeRefusal` if it goes on, or has files that it did not make.
  static func removeAttempt(_ path: FilePath) throws(MergeRefusal) {
    do throws(OutputError) {
      let directory = try OutputDirectory(path: path, force: true)
      try directory.endRun()
    } catch {
      if case .inUse = error.reason { throw MergeRefusal(path, "an attempt at this shard goes on; wait for its end") }
      throw MergeRefusal(error)
    }
    if rmdir(path.terminated) != 0, errno != ENOENT {
      throw MergeRefusal(path, "an attempt was interrupted here, and other files than its own are left; remove the folder")
    }
  }
}
