internal import Paths

/// Source of bytes: a file, a pipe, a connection, or a decoder of another source.
protocol ByteOrigin: AnyObject {
  /// Path of the source, for errors.
  var path: FilePath { get }

  /// Reads bytes into `room`, which is not empty.
  ///
  /// - Parameter room: the memory for the bytes; it is filled from its start.
  /// - Returns: the number of bytes read; 0 at the end.
  /// - Throws: `CaptureError`; every byte before the error was returned.
  func read(into room: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int
}
