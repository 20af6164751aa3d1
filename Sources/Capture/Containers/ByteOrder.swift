/// Numbers in the byte order of a capture.
///
/// The order is a value: as a constant generic parameter it would not be faster, because the branch is always the same.
struct ByteOrder {
  var isSwapped: Bool

  init(_ order: CaptureFormat.ByteOrder) {
    isSwapped = order == .big
    #if _endian(big)
      isSwapped.toggle()
    #endif
  }

  /// Reads a number of 32 bits.
  ///
  /// It is sound only if the caller has checked that four bytes follow.
  @inline(__always)
  func uint32(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt32 {
    let value = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    return isSwapped ? value.byteSwapped : value
  }

  @inline(__always)
  func uint16(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt16 {
    let value = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return isSwapped ? value.byteSwapped : value
  }

  @inline(__always)
  func uint64(_ bytes: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
    let value = UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    return isSwapped ? value.byteSwapped : value
  }
}
