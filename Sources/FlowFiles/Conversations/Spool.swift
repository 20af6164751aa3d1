internal import Glibc
public import Paths

/// Bytes of many conversations that wait for their end: in memory up to a limit, beyond it in a temporary file without a name.
///
/// Whoever was added to longest ago goes to the file first. Its room in the file is used again when its conversation is over.
public final class Spool {
  /// Bytes kept in memory, unless told otherwise.
  public static let standardMemory = 16 << 20
  /// Bytes of a block for long conversations.
  static let standardBlock = 64 << 10

  private let folder: FilePath
  /// The folder, open; nil where the path must do.
  private let directory: Int32?
  private let memoryLimit: Int
  /// The file is handed out in blocks of this size; of a block only what was written takes room on the disk.
  let blockSize: Int
  private let calls: any SystemCalls
  private var descriptor: Int32 = -1
  private var blockCount: Int64 = 0
  /// Blocks that nobody uses now.
  private var freeBlocks: [Int64] = []
  private var memory = 0
  private var waiting = RecencyList<SpoolLane>()
  /// The first thing that failed.
  ///
  /// Lanes that lost bytes by it are `isBroken`.
  public private(set) var failure: OutputError?

  /// Makes a spool without a file.
  ///
  /// - Parameters:
  ///   - folder: where the temporary file is made, once memory does not suffice.
  ///   - memoryLimit: bytes kept in memory.
  public convenience init(folder: FilePath, memoryLimit: Int = Spool.standardMemory) {
    self.init(folder: folder, memoryLimit: memoryLimit, calls: KernelCalls())
  }

  init(folder: FilePath, directory: Int32? = nil, memoryLimit: Int, blockSize: Int = Spool.standardBlock, calls: any SystemCalls) {
    self.blockSize = blockSize
    self.folder = folder
    self.directory = directory
    self.memoryLimit = memoryLimit
    self.calls = calls
  }

  deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

  /// Blocks of the temporary file that are in use now.
  var usedBlocks: Int { Int(blockCount) - freeBlocks.count }

  /// A lane has `count` more bytes in memory.
  func grew(_ lane: SpoolLane, by count: Int) {
    memory += count
    if lane.slot < 0 { lane.slot = waiting.insert(lane) } else { waiting.touch(lane.slot) }
    while memory > memoryLimit, let oldest = waiting.oldest { oldest.spill() }
  }

  /// A lane has nothing in memory any more.
  func shrank(_ lane: SpoolLane, by count: Int) {
    memory -= count
    if lane.slot >= 0 { waiting.remove(lane.slot) }
    lane.slot = -1
  }

  /// Where a block that is free begins in the file.
  func takeBlock() -> Int64 {
    if let block = freeBlocks.popLast() { return block }
    blockCount &+= 1
    return (blockCount &- 1) &* Int64(blockSize)
  }

  func giveBack(_ block: Int64) { freeBlocks.append(block) }

  /// Writes bytes to the file; false where that failed.
  func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) -> Bool {
    var failure: SystemError?
    bytes.withUnsafeBytes { memory in
      do throws(SystemError) {
        if descriptor < 0 { try makeFile() }
        var done = 0
        while done < memory.count { done += try writeOnce(UnsafeRawBufferPointer(rebasing: memory[done...]), at: offset &+ Int64(done)) }
      } catch {
        failure = error
      }
    }
    guard let failure else { return true }
    note(failure)
    return false
  }

  private func writeOnce(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    do throws(SystemError) {
      let count = try calls.write(descriptor, memory, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
      // Nothing taken and no reason given: a full disk is the only sense it has.
      if count == 0 { throw SystemError(code: ENOSPC) }
      return count
    } catch {
      if error.code != EINTR { throw error }
      return 0
    }
  }

  private func note(_ error: SystemError) {
    if failure == nil { failure = OutputError(path: FilePath(folder.bytes + Array(", temporary file".utf8)), reason: .system(error)) }
  }

  private func makeFile() throws(SystemError) {
    // With fewer rights than at the start of the run the path may lead nowhere.
    let parent = if let directory { directory } else { Glibc.open(folder.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if parent < 0 { throw SystemError(code: errno) }
    defer { if directory == nil { close(parent) } }
    do throws(SystemError) {
      // O_TMPFILE, which Swift does not import: the file never has a name, and nothing is left of it by a process that is killed.
      descriptor = try calls.openUninterrupted(at: parent, [0x2e, 0], flags: O_RDWR | O_DIRECTORY | 0o20_000_000)
    } catch {
      guard [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(error.code) else { throw error }
      try makeNamedFile(parent)
    }
  }

  /// Creates a file and removes its name, for file systems without O_TMPFILE.
  private func makeNamedFile(_ parent: Int32) throws(SystemError) {
    guard directory == nil else {
      let name = ReservedNames.spool + [0]
      descriptor = try calls.openUninterrupted(at: parent, name, flags: O_RDWR | O_CREAT | O_EXCL)
      return try calls.remove(at: parent, name, directory: false)
    }
    var path = folder.appending(".reasm-XXXXXX").terminated
    descriptor = mkstemp(&path)
    if descriptor < 0 { throw SystemError(code: errno) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Reads from the file until `memory` is full; false where that failed.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool {
    do throws(SystemError) {
      // Whoever made the file shorter took bytes that were written.
      if try calls.readFully(descriptor, into: memory, at: offset) < memory.count { throw SystemError(code: EIO) }
      return true
    } catch {
      note(error)
      return false
    }
  }
}
