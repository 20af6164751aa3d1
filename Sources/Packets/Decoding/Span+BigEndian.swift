/// Big-endian loads.
///
/// They are always inlined. Behind a guard on `count` with a constant, each compiles to one load and a byte swap, and the bounds checks of
/// the single bytes vanish. Without such a guard the checks stay, so a load never leaves the span.
extension Span<UInt8> {
  @inlinable @inline(always)
  func uint16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset &+ 1])
  }

  @inlinable @inline(always)
  func uint32(at offset: Int) -> UInt32 {
    UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16 | UInt32(self[offset &+ 2]) << 8 | UInt32(self[offset &+ 3])
  }

  @inline(always)
  func uint64(at offset: Int) -> UInt64 {
    UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset &+ 4))
  }
}
