internal import Glibc
internal import Packets

/// What `fstat` tells of a file, as far as it matters here.
struct FileStatus: Equatable {
  var device: UInt64
  var inode: UInt64
  var isRegular: Bool

  func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// The function that a thread runs.
typealias ThreadBody = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?

/// The system calls that touch the output, one method each, so that a test can let any of them fail.
///
/// Names are bytes with a terminating NUL. Every call is made once: who calls decides whether EINTR means again.
protocol SystemCalls: AnyObject {
  /// Two threads may make calls at once.
  var areSafeOnTwoThreads: Bool { get }
  /// The corresponding C function is `pthread_create`. Called only if `areSafeOnTwoThreads`.
  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t
  /// An id of this start of the system; empty if it is not known.
  var systemStart: [UInt8] { get }
  /// The corresponding C function is `openat`; O_CLOEXEC and O_NOFOLLOW are added.
  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32
  /// The corresponding C function is `mkdirat`.
  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError)
  /// The corresponding C function is `unlinkat`.
  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError)
  /// The corresponding C function is `flock` with LOCK_EX and LOCK_NB.
  func lock(_ descriptor: Int32) throws(SystemError)
  /// The corresponding C function is `linkat`, with both names in one directory. It fails if the new name exists.
  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError)
  /// The corresponding C function is `renameat`, with both names in one directory. It replaces a file of the new name.
  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError)
  /// The corresponding C function is `fstat`.
  func status(of descriptor: Int32) throws(SystemError) -> FileStatus
  /// The corresponding C function is `fstatat`, which does not follow a link here.
  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus
  /// The corresponding C function is `pwrite`, or `pwritev` where `second` is not empty. Answers how many bytes were taken.
  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  /// The corresponding C function is `pread`.
  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int
  /// The corresponding C function is `ftruncate`.
  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError)
  /// The corresponding C function is `futimens`; the time of the last access stays.
  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError)
  /// The corresponding C function is `close`. The descriptor is gone whatever it answers.
  func close(_ descriptor: Int32) throws(SystemError)
}

extension SystemCalls {
  var areSafeOnTwoThreads: Bool { false }

  /// Opens again for as long as a signal interrupts it.
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
  /// - Parameter done: counts the bytes that were written, also where not all of them were.
  func writeFully(_ bytes: [UInt8], to descriptor: Int32, at offset: Int64, done: inout Int) throws(SystemError) {
    var failure: SystemError?
    bytes.withUnsafeBytes { memory in
      while done < memory.count, failure == nil {
        do throws(SystemError) {
          let rest = UnsafeRawBufferPointer(rebasing: memory[done...])
          let count = try write(descriptor, rest, UnsafeRawBufferPointer(start: nil, count: 0), at: offset &+ Int64(done))
          // Nothing taken and no reason given: a full disk is the only sense it has.
          if count == 0 { throw SystemError(code: ENOSPC) }
          done += count
        } catch {
          if error.code != EINTR { failure = error }
        }
      }
    }
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

  /// Reads until `memory` is full or the file ends; answers the bytes read.
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
