internal import Paths

/// Where bytes come from: a file, a pipe, a connection, or what a decoder makes of another one's.
protocol ByteOrigin: AnyObject {
  /// The path that errors name.
  var path: FilePath { get }

  /// Puts bytes into `room`, which is not empty, and answers how many; 0 at the end.
  ///
  /// - Throws: `CaptureError`; every byte before it was given.
  func read(into room: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int
}
