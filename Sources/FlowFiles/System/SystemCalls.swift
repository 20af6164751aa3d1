internal import Glibc
internal import Packets

/// Facts about a file that `fstat` returns, as far as they are needed.
struct FileStatus: Equatable {
  var device: UInt64
  var inode: UInt64
  var isRegular: Bool
  var isDirectory = false
  /// Size of a regular file in bytes, holes included.
  var size: UInt64 = 0

  func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// Function that a thread runs.
typealias ThreadBody = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?

/// System calls on the output, one method each, so that a test can make any of them fail.
///
/// Names are bytes with a terminating NUL. Every call is made once: the caller decides whether EINTR means a repetition.
protocol SystemCalls: AnyObject {
  /// Whether two threads may make calls at the same time.
  var areSafeOnTwoThreads: Bool { get }
  /// Creates a thread with `pthread_create`, in which all signals are blocked; called only if `areSafeOnTwoThreads`.
  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t
  /// Id of this start of the system; empty if it is not known.
  var systemStart: [UInt8] { get }
  /// Opens a file with `openat`; O_CLOEXEC and O_NOFOLLOW are added.
  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32
  /// Creates a directory with `mkdirat`.
  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError)
  /// Removes a file or directory with `unlinkat`.
  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError)
  /// Locks a file with `flock`, LOCK_EX and LOCK_NB.
  func lock(_ descriptor: Int32) throws(SystemError)
  /// Adds a name to a file with `linkat`, both names in one directory; it fails if the new name exists.
  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError)
  /// Renames a file with `renameat`, both names in one directory; it replaces a file of the new name.
  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError)
  /// Moves a file to another directory with `renameat2` and RENAME_NOREPLACE; it fails if the new name exists.
  func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError)
  /// Returns the status of a file with `fstat`.
  func status(of descriptor: Int32) throws(SystemError) -> FileStatus
  /// Returns the status of a file with `fstatat`, without following a link.
  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus
  /// Writes with `pwrite`, or with `pwritev` if `second` is not empty, and returns the number of bytes written.
  ///
  /// With a negative offset it writes one of them with `write`, to a file that takes bytes in order only.
  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  /// Reads with `pread`, and returns the number of bytes read.
  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int
  /// Sets the length of a file with `ftruncate`.
  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError)
  /// Sets the modification time with `futimens`, and leaves the access time.
  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError)
  /// Closes a descriptor with `close`; the descriptor is released even if that fails.
  func close(_ descriptor: Int32) throws(SystemError)
}

extension SystemCalls {
  var areSafeOnTwoThreads: Bool { false }

  /// Opens a file, and repeats the call as long as a signal interrupts it.
  func openUninterrupted(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    while true {
      do throws(SystemError) {
        return try open(at: directory, name, flags: flags)
      } catch {
        if error.code != EINTR { throw error }
      }
    }
  }

  /// Writes all of the bytes.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - descriptor: the file.
  ///   - offset: the offset in the file.
  ///   - done: increased by the number of bytes that were written, also after an error.
  /// - Throws: `SystemError` if not all bytes could be written.
  func writeFully(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64, done: inout Int) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { memory in
      while done < memory.count, failure == nil {
        do throws(SystemError) {
          let rest = UnsafeRawBufferPointer(rebasing: memory[done...])
          let count = try write(descriptor, rest, UnsafeRawBufferPointer(start: nil, count: 0), at: offset &+ Int64(done))
          // No bytes written and no error: only a full disk explains it.
          if count == 0 { throw SystemError(code: ENOSPC) }
          done += count
        } catch {
          if error.code != EINTR { failure = error }
        }
      }
    }
    if let failure { throw failure }
  }

  /// Writes all of the bytes and closes the file, which is closed after an error too.
  ///
  /// - Parameters:
  ///   - bytes: the bytes.
  ///   - descriptor: the file, which is not open afterwards.
  ///   - offset: the offset in the file.
  ///   - time: the modification time that the file gets, where the file system has one; nil to leave it.
  ///   - done: increased by the number of bytes that were written, also after an error.
  /// - Throws: the first `SystemError` of writing and closing.
  func writeAndClose(
    _ bytes: [UInt8], to descriptor: Int32, at offset: Int64 = 0, time: Timestamp? = nil, done: inout Int
  ) throws(SystemError) {
    var failure: SystemError?
    do throws(SystemError) { try writeFully(bytes, to: descriptor, at: offset, done: &done) } catch { failure = error }
    // The time is a convenience: some file systems have none, and the index has it too.
    if let time { do throws(SystemError) { try setModificationTime(of: descriptor, to: time) } catch {} }
    do throws(SystemError) { try close(descriptor) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }

  /// Reads a file from its beginning to its end, 256 KiB at a time.
  func forEachPiece(of descriptor: Int32, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
    var piece = [UInt8](repeating: 0, count: 256 << 10)
    var offset: Int64 = 0
    while true {
      var failure: SystemError?
      let count = piece.withUnsafeMutableBytes { memory -> Int in
        do throws(SystemError) {
          return try readFully(descriptor, into: memory, at: offset)
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      if count == 0 { return }
      offset &+= Int64(count)
      body(piece[..<count])
    }
  }

  /// Reads until `memory` is full or the file ends, and returns the number of bytes read.
  func readFully(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    var done = 0
    while done < memory.count {
      do throws(SystemError) {
        let count = try read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: memory[done...]), at: offset &+ Int64(done))
        if count == 0 { break }
        done += count
      } catch {
        if error.code != EINTR { throw error }
      }
    }
    return done
  }
}

extension SystemCalls {
  /// Creates a thread that runs a function and ends.
  func makeThread(_ work: @escaping () -> Void) throws(SystemError) -> pthread_t {
    let context = Unmanaged.passRetained(ThreadWork(work))
    do throws(SystemError) {
      return try makeThread(context.toOpaque()) { context in
        if let context { Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }
    } catch {
      context.release()
      throw error
    }
  }
}

/// Function that a new thread takes over.
private final class ThreadWork {
  let run: () -> Void

  init(_ run: @escaping () -> Void) { self.run = run }
}
