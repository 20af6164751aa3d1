internal import Glibc
public import Paths

/// Storage for the bytes of many open connections: in memory up to a limit, and beyond it in a temporary file without a name.
///
/// The lane that was least recently added to is written to the file first. Its blocks in the file are reused when its connection is over.
public final class Spool {
  /// Default number of bytes in memory.
  public static let standardMemory = 16 << 20
  /// Block size in bytes for long conversations.
  static let standardBlock = 64 << 10

  private let folder: FilePath
  /// Descriptor of the folder; nil if the path is used instead.
  private let directory: Int32?
  private let memoryLimit: Int
  /// Size in bytes of the blocks that the file consists of; only the written part of a block takes space on the disk.
  let blockSize: Int
  private let calls: any SystemCalls
  private var descriptor: Int32 = -1
  private var blockCount: Int64 = 0
  /// Offsets of blocks that are not in use.
  private var freeBlocks: [Int64] = []
  private var memory = 0
  private var waiting = RecencyList<SpoolLane>()
  /// First error.
  ///
  /// Lanes that lost bytes by it are `isBroken`.
  public private(set) var failure: OutputError?

  /// Creates a spool without a file.
  ///
  /// - Parameters:
  ///   - folder: the folder of the temporary file, which is created when memory does not suffice.
  ///   - memoryLimit: the greatest number of bytes in memory.
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

  /// Number of blocks of the temporary file that are in use.
  var usedBlocks: Int { Int(blockCount) - freeBlocks.count }

  /// Records that a lane has `count` more bytes in memory.
  func grew(_ lane: SpoolLane, by count: Int) {
    memory += count
    if lane.slot < 0 { lane.slot = waiting.insert(lane) } else { waiting.touch(lane.slot) }
    while memory > memoryLimit, let oldest = waiting.oldest { oldest.spill() }
  }

  /// Records that a lane has no bytes in memory any more.
  func shrank(_ lane: SpoolLane, by count: Int) {
    memory -= count
    if lane.slot >= 0 { waiting.remove(lane.slot) }
    lane.slot = -1
  }

  /// Returns the offset of a free block in the file, which is in use from now on.
  func takeBlock() -> Int64 {
    if let block = freeBlocks.popLast() { return block }
    blockCount &+= 1
    return (blockCount &- 1) &* Int64(blockSize)
  }

  func giveBack(_ block: Int64) { freeBlocks.append(block) }

  /// Writes bytes to the file, and returns whether that succeeded.
  func write(_ bytes: ArraySlice<UInt8>, at offset: Int64) -> Bool {
    bytes.withUnsafeBytes { memory in
      do throws(SystemError) {
        try write(memory, at: offset)
        return true
      } catch {
        return false
      }
    }
  }

  /// Writes bytes to the file.
  ///
  /// - Throws: the error, which is the `failure` too if it is the first one.
  func write(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) {
    do throws(SystemError) {
      if descriptor < 0 { try makeFile() }
      var done = 0
      while done < memory.count { done += try writeOnce(UnsafeRawBufferPointer(rebasing: memory[done...]), at: offset &+ Int64(done)) }
    } catch {
      note(error)
      throw error
    }
  }

  private func writeOnce(_ memory: UnsafeRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    do throws(SystemError) {
      let count = try calls.write(descriptor, memory, UnsafeRawBufferPointer(start: nil, count: 0), at: offset)
      // No bytes written and no error: only a full disk explains it.
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
    descriptor = try Self.makeUnnamed(in: folder, directory: directory, calls: calls)
  }

  /// Creates a file without a name.
  ///
  /// - Parameters:
  ///   - folder: the path of the folder.
  ///   - directory: the descriptor of the folder; nil if the path is used instead.
  ///   - calls: the system calls.
  /// - Returns: the descriptor of the file.
  /// - Throws: `SystemError` if the file cannot be created.
  static func makeUnnamed(in folder: FilePath, directory: Int32?, calls: any SystemCalls) throws(SystemError) -> Int32 {
    // With fewer privileges than at the start of the run the path may be inaccessible.
    let parent = if let directory { directory } else { Glibc.open(folder.terminated, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if parent < 0 { throw SystemError(code: errno) }
    defer { if directory == nil { close(parent) } }
    do throws(SystemError) {
      // O_TMPFILE, which Swift does not import: the file never has a name, so a killed process leaves nothing of it.
      return try calls.openUninterrupted(at: parent, [0x2e, 0], flags: O_RDWR | O_DIRECTORY | 0o20_000_000)
    } catch {
      guard [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(error.code) else { throw error }
      return try makeNamed(in: folder, directory, calls)
    }
  }

  /// Creates a file and removes its name, for file systems without O_TMPFILE.
  private static func makeNamed(in folder: FilePath, _ directory: Int32?, _ calls: any SystemCalls) throws(SystemError) -> Int32 {
    if let directory {
      let name = ReservedNames.spool + [0]
      let descriptor = try calls.openUninterrupted(at: directory, name, flags: O_RDWR | O_CREAT | O_EXCL)
      try calls.remove(at: directory, name, directory: false)
      return descriptor
    }
    var path = folder.appending(".reasm-XXXXXX").terminated
    let descriptor = mkstemp(&path)
    if descriptor < 0 { throw SystemError(code: errno) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return descriptor
  }

  /// Error of the system that bytes were lost by; `EIO` if there was none.
  var failureCode: SystemError {
    if case .system(let error) = failure?.reason { error } else { SystemError(code: EIO) }
  }

  /// Reads from the file until `memory` is full, and returns whether that succeeded.
  func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int64) -> Bool {
    do throws(SystemError) {
      // The file was truncated by another process, which removed bytes that were written.
      if try calls.readFully(descriptor, into: memory, at: offset) < memory.count { throw SystemError(code: EIO) }
      return true
    } catch {
      note(error)
      return false
    }
  }
}
