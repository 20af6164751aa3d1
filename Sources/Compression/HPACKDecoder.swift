internal import CCompression

/// Decoder of the field blocks of one direction of an HTTP/2 connection (HPACK, RFC 7541), based on libnghttp2.
///
/// A decoder needs every block in order, because a block can change the dynamic table that later blocks refer to. If blocks are lost,
/// ``lose()`` must be called. After that, fields that refer to unknown entries of the table are counted instead of decoded.
public final class HPACKDecoder {
  /// Maximum size of the dynamic table in bytes.
  private static let maxTable = 1 << 20
  /// Maximum length of a name or of a value in bytes.
  private static let maxString = 1 << 20

  private var inflater: OpaquePointer?
  private var isPartial = false
  /// Whether the decoder could not be allocated, so that it decodes no block.
  private var hasFailed = false

  /// Creates a decoder with an empty table.
  public init() { begin() }

  deinit { nghttp2_hd_inflate_del(inflater) }

  private func begin() {
    if let inflater { nghttp2_hd_inflate_del(inflater) }
    inflater = nil
    hasFailed = nghttp2_hd_inflate_new(&inflater) != 0
    // The sender may change the size of the table up to this limit.
    if !hasFailed { nghttp2_hd_inflate_change_table_size(inflater, Self.maxTable) }
  }

  /// Removes all entries of the dynamic table, because blocks were lost.
  public func lose() {
    isPartial = true
    begin()
  }

  /// Decodes a field block.
  ///
  /// - Parameters:
  ///   - block: the whole field block.
  ///   - field: called with the name and the value of each field line.
  /// - Returns: the number of field lines that refer to unknown entries; nil if the block is malformed, after which the table is empty.
  public func decode(_ block: [UInt8], _ field: ([UInt8], [UInt8]) -> Void) -> Int? {
    guard isPartial else {
      if inflate(block[...], isLast: true, field) { return 0 }
      lose()
      return nil
    }
    var lost = 0
    var position = 0
    while position < block.count {
      guard let instruction = Instruction(block, at: position) else {
        lose()
        return nil
      }
      let end = instruction.end
      var bytes = block[position..<end]
      position = end
      if instruction.index > Int(nghttp2_hd_inflate_get_num_table_entries(inflater)) {
        lost += 1
        // An entry with an unknown name is added under a placeholder, so that later entries keep their index.
        guard instruction.isAdded, let value = instruction.value else { continue }
        bytes = ([0x40, 0x01, 0x3f] + block[value])[...]
        guard inflate(bytes, isLast: position == block.count, { _, _ in }) else {
          lose()
          return nil
        }
        continue
      }
      guard inflate(bytes, isLast: position == block.count, field) else {
        lose()
        return nil
      }
    }
    nghttp2_hd_inflate_end_headers(inflater)
    return lost
  }

  private func inflate(_ bytes: ArraySlice<UInt8>, isLast: Bool, _ field: ([UInt8], [UInt8]) -> Void) -> Bool {
    guard !hasFailed, let inflater else { return false }
    var isWhole = false
    bytes.withUnsafeBufferPointer { input in
      var position = 0
      while true {
        var pair = nghttp2_nv()
        var flags: Int32 = 0
        // Sound: libnghttp2 reads only the bytes after `position`, whose number it is given.
        let start = input.baseAddress.map { $0 + position }
        let count = nghttp2_hd_inflate_hd2(inflater, &pair, &flags, start, input.count - position, isLast ? 1 : 0)
        guard count >= 0 else { return }
        position += count
        if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
          // The pair is valid until the next call.
          let name = Array(UnsafeBufferPointer(start: pair.name, count: min(pair.namelen, Self.maxString)))
          let value = Array(UnsafeBufferPointer(start: pair.value, count: min(pair.valuelen, Self.maxString)))
          field(name, value)
        }
        if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 {
          nghttp2_hd_inflate_end_headers(inflater)
          isWhole = position == input.count
          return
        }
        if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) == 0, position == input.count {
          isWhole = !isLast
          return
        }
        if count == 0, flags == 0 { return }
      }
    }
    if !isWhole { hasFailed = true }
    return isWhole
  }
}

/// Representation of a field line, or a change of the table's size (RFC 7541, section 6).
private struct Instruction {
  /// Index of the table entry that the representation refers to; 0 if it refers to none.
  let index: Int
  /// Whether the representation adds an entry to the table.
  let isAdded: Bool
  /// Range of the value with its length; nil if the representation has no literal value.
  private(set) var value: Range<Int>?
  private(set) var end: Int

  init?(_ block: [UInt8], at start: Int) {
    var position = start
    let first = block[start]
    let bits = first & 0x80 != 0 ? 7 : first & 0x40 != 0 ? 6 : first & 0x20 != 0 ? 5 : 4
    guard let number = Self.number(block, &position, bits: bits) else { return nil }
    isAdded = bits == 6
    // A change of the table's size refers to no entry.
    index = bits == 5 ? 0 : number
    end = position
    guard bits == 6 || bits == 4 else { return }
    if number == 0, !Self.skipString(block, &position) { return nil }
    let valueStart = position
    guard Self.skipString(block, &position) else { return nil }
    value = valueStart..<position
    end = position
  }

  /// Decodes an integer with a prefix of `bits` bits (RFC 7541, section 5.1); nil if it is incomplete or too large.
  private static func number(_ block: [UInt8], _ position: inout Int, bits: Int) -> Int? {
    guard position < block.count else { return nil }
    let most = (1 << bits) - 1
    var value = Int(block[position]) & most
    position += 1
    if value < most { return value }
    var shift = 0
    while position < block.count, shift <= 28 {
      let byte = block[position]
      position += 1
      value += Int(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    return nil
  }

  private static func skipString(_ block: [UInt8], _ position: inout Int) -> Bool {
    guard let length = number(block, &position, bits: 7), length <= block.count - position else { return false }
    position += length
    return true
  }
}
