internal import Glibc
internal import Packets

/// What `fstat` tells of a file, as far as it matters here.
struct FileStatus: Equatable {
  var device: UInt64
  var inode: UInt64
  var isRegular: Bool

  func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}

/// The system calls that touch the output, one method each, so that a test can let any of them fail.
///
/// Names are bytes with a terminating NUL. Every call is made once: who calls decides whether EINTR means again.
protocol SystemCalls: AnyObject {
  /// Two threads may make calls at once.
  var areSafeOnTwoThreads: Bool { get }
  /// The corresponding C function is `openat`; O_CLOEXEC and O_NOFOLLOW are added.
  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32
  /// The corresponding C function is `mkdirat`.
  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError)
  /// The corresponding C function is `unlinkat`.
  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError)
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
