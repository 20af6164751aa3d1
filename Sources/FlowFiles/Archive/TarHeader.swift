internal import Packets

/// Headers of a member of a tar file: a ustar header, and before it a pax extended header for what does not fit (POSIX.1-2017, pax).
///
///     | name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link 100 | "ustar" 8 | ... 247 |
enum TarHeader {
  /// Size in bytes of a block, the unit of a tar file.
  static let block = 512
  /// Number of zero bytes that end a tar file.
  static let end = 2 * block

  private static let nameRoom = 100
  /// Greatest value of a field of eleven octal digits: 8 GiB - 1 bytes, or seconds up to the year 2242.
  private static let mostOctal: Int64 = (1 << 33) - 1

  /// Returns the number of zero bytes behind contents, up to a whole block.
  static func padding(_ size: Int64) -> Int { (block - Int(truncatingIfNeeded: size % Int64(block))) % block }

  /// Appends the headers of a regular file.
  ///
  /// - Parameters:
  ///   - name: the path, relative, without a NUL.
  ///   - size: the length of the contents in bytes.
  ///   - time: the modification time; its fraction of a second is left out, because the index has it.
  ///   - bytes: the bytes that the headers are appended to.
  static func append(name: [UInt8], size: Int64, time: Timestamp, to bytes: inout [UInt8]) {
    let seconds = CivilTime.seconds(of: time)
    let isPlain = name.count <= nameRoom && isASCII(name)
    if isPlain, size <= mostOctal, seconds >= 0, seconds <= mostOctal {
      appendBlock(name, size, seconds, type: regularFile, to: &bytes)
    } else {
      appendExtended(name, isPlain: isPlain, size, seconds, to: &bytes)
    }
  }

  private static func isASCII(_ name: [UInt8]) -> Bool {
    var all: UInt8 = 0
    for byte in name { all |= byte }
    return all < 0x80
  }

  /// Appends an extended header with the values that do not fit, and a header with what fits of them.
  private static func appendExtended(_ name: [UInt8], isPlain: Bool, _ size: Int64, _ seconds: Int64, to bytes: inout [UInt8]) {
    var records: [UInt8] = []
    if !isPlain {
      // Without this record the path would have to be UTF-8.
      if String(validating: name, as: UTF8.self) == nil { record("hdrcharset", Array("BINARY".utf8), to: &records) }
      record("path", name, to: &records)
    }
    if size > mostOctal { record("size", Array(String(size).utf8), to: &records) }
    let clamped = min(max(seconds, 0), mostOctal)
    if clamped != seconds { record("mtime", Array(String(seconds).utf8), to: &records) }
    let plain = name.suffix(nameRoom - 20).map { $0 < 0x80 && $0 != 0x2f ? $0 : 0x5f }
    appendBlock(Array("PaxHeaders/".utf8) + plain, Int64(records.count), clamped, type: extendedHeader, to: &bytes)
    bytes += records
    bytes += [UInt8](repeating: 0, count: padding(Int64(records.count)))
    appendBlock(isPlain ? name : plain, size <= mostOctal ? size : 0, clamped, type: regularFile, to: &bytes)
  }

  /// Appends a record of a pax extended header: its own length in decimal, a space, keyword, `=`, value, line feed.
  private static func record(_ keyword: String, _ value: [UInt8], to records: inout [UInt8]) {
    let rest = 1 + keyword.utf8.count + 1 + value.count + 1
    // The length counts its own digits, of which there may be one more by that.
    let length = rest + String(rest).utf8.count
    records += Array("\(rest + String(length).utf8.count) \(keyword)=".utf8)
    records += value
    records.append(0x0a)
  }

  private static let regularFile: UInt8 = 0x30
  private static let extendedHeader: UInt8 = 0x78
  private static let sizePlace = 124
  private static let timePlace = 136
  private static let checksumPlace = 148
  private static let typePlace = 156

  /// A header without name, size, time, checksum and type: a file that its owner may write and everybody may read.
  private static let blank: [UInt8] =
    [UInt8](repeating: 0, count: 100) + Array("0000644\0".utf8) + Array("0000000\0".utf8) + Array("0000000\0".utf8)
    + Array("00000000000\0".utf8) + Array("00000000000\0".utf8) + [UInt8](repeating: 0x20, count: 8) + [UInt8](repeating: 0, count: 101)
    + Array("ustar\0".utf8) + Array("00".utf8) + [UInt8](repeating: 0, count: 64) + Array("0000000\0".utf8) + Array("0000000\0".utf8)
    + [UInt8](repeating: 0, count: 167)
  private static let blankSum = blank.reduce(UInt32(0)) { $0 + UInt32($1) }

  /// Appends a header of one block.
  private static func appendBlock(_ name: [UInt8], _ size: Int64, _ seconds: Int64, type: UInt8, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes += blank
    var sum = blankSum &+ UInt32(type)
    for index in 0..<name.count {
      bytes[start + index] = name[index]
      sum &+= UInt32(name[index])
    }
    put(size, at: start + sizePlace, &sum, in: &bytes)
    put(seconds, at: start + timePlace, &sum, in: &bytes)
    bytes[start + typePlace] = type
    // Six octal digits, a NUL, and the last of the blanks.
    for digit in 0..<6 {
      bytes[start + checksumPlace + digit] = 0x30 + UInt8(truncatingIfNeeded: sum >> UInt32(3 * (5 - digit)) & 7)
    }
    bytes[start + checksumPlace + 6] = 0
  }

  /// Writes a value in octal over the zeros of a field of eleven digits.
  private static func put(_ value: Int64, at place: Int, _ sum: inout UInt32, in bytes: inout [UInt8]) {
    var rest = value
    var position = place + 10
    while rest > 0, position >= place {
      let digit = UInt8(truncatingIfNeeded: rest & 7)
      bytes[position] = 0x30 + digit
      sum &+= UInt32(digit)
      rest >>= 3
      position -= 1
    }
  }
}
