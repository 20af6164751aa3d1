import Foundation
import Packets

@testable import FlowFiles

/// System calls of the kernel up to the one at which the process is killed: that call and all later ones do nothing.
///
/// Descriptors are closed, as the kernel does it.
final class KilledCalls: SystemCalls {
  private let kernel = KernelCalls()
  private let lock = NSLock()
  private let last: Int
  private(set) var count = 0
  let areSafeOnTwoThreads: Bool
  let systemStart = Array("today".utf8)
  /// Bytes that are written of the piece at which the process is killed.
  private let partOfLastWrite: Int

  init(after last: Int, threads: Int, partOfLastWrite: Int = 0) {
    self.last = last
    areSafeOnTwoThreads = threads == 2
    self.partOfLastWrite = partOfLastWrite
  }

  var isKilled: Bool { count > last }

  private func alive<Result>(_ call: () throws(SystemError) -> Result) throws(SystemError) -> Result {
    lock.lock()
    defer { lock.unlock() }
    count += 1
    if isKilled { throw SystemError(code: EIO) }
    return try call()
  }

  func makeThread(_ context: UnsafeMutableRawPointer, _ work: @escaping ThreadBody) throws(SystemError) -> pthread_t {
    try kernel.makeThread(context, work)
  }
  func open(at directory: Int32, _ name: [UInt8], flags: Int32) throws(SystemError) -> Int32 {
    try alive { () throws(SystemError) in try kernel.open(at: directory, name, flags: flags) }
  }
  func makeDirectory(at directory: Int32, _ name: [UInt8]) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.makeDirectory(at: directory, name) }
  }
  func remove(at directory: Int32, _ name: [UInt8], directory isDirectory: Bool) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.remove(at: directory, name, directory: isDirectory) }
  }
  func lock(_ descriptor: Int32) throws(SystemError) { try alive { () throws(SystemError) in try kernel.lock(descriptor) } }
  func link(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.link(at: directory, name, as: other) }
  }
  func rename(at directory: Int32, _ name: [UInt8], as other: [UInt8]) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.rename(at: directory, name, as: other) }
  }
  func move(at directory: Int32, _ name: [UInt8], to other: Int32, _ newName: [UInt8]) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.move(at: directory, name, to: other, newName) }
  }
  func status(of descriptor: Int32) throws(SystemError) -> FileStatus {
    try alive { () throws(SystemError) in try kernel.status(of: descriptor) }
  }
  func status(at directory: Int32, _ name: [UInt8]) throws(SystemError) -> FileStatus {
    try alive { () throws(SystemError) in try kernel.status(at: directory, name) }
  }
  func write(_ descriptor: Int32, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, at offset: Int64)
    throws(SystemError) -> Int
  {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    return try alive { () throws(SystemError) in
      guard count == last, partOfLastWrite > 0, first.count > partOfLastWrite else {
        return try kernel.write(descriptor, first, second, at: offset)
      }
      return try kernel.write(descriptor, UnsafeRawBufferPointer(rebasing: first[..<partOfLastWrite]), none, at: offset)
    }
  }
  func read(_ descriptor: Int32, into memory: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
    try alive { () throws(SystemError) in try kernel.read(descriptor, into: memory, at: offset) }
  }
  func truncate(_ descriptor: Int32, to length: Int64) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.truncate(descriptor, to: length) }
  }
  func setModificationTime(of descriptor: Int32, to time: Timestamp) throws(SystemError) {
    try alive { () throws(SystemError) in try kernel.setModificationTime(of: descriptor, to: time) }
  }
  func close(_ descriptor: Int32) throws(SystemError) {
    do throws(SystemError) { try alive {} } catch {}
    try kernel.close(descriptor)
  }
}
