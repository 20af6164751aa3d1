/// A tar file, parsed as simply as can be: a second opinion on what an archive holds.
///
/// It reads ustar headers and pax extended headers. Nothing here is shared with the writer of the program.
package struct ParsedTar {
  package struct Member: Equatable {
    package var name: [UInt8]
    /// Offset of the contents.
    package var offset: Int
    package var contents: [UInt8]
    package var time: Int

    package var text: String { String(decoding: name, as: UTF8.self) }
  }

  /// Why bytes are no archive of whole members.
  package struct Damage: Error { package let words: String }

  package var members: [Member] = []
  /// Whether two blocks of zeros end the archive.
  package var hasEnd = false

  /// Parses bytes; an archive that ends behind a whole member needs no end.
  package init(_ bytes: [UInt8]) throws {
    var position = 0
    var extended: [String: [UInt8]] = [:]
    while position < bytes.count {
      guard position + 512 <= bytes.count else { throw Damage(words: "half a block at \(position)") }
      let header = Array(bytes[position..<(position + 512)])
      if header.allSatisfy({ $0 == 0 }) {
        hasEnd = bytes.count >= position + 1024 && bytes[position..<(position + 1024)].allSatisfy { $0 == 0 }
        return
      }
      var sum = 0
      for (index, byte) in header.enumerated() { sum += (148..<156).contains(index) ? 0x20 : Int(byte) }
      guard Self.octal(header[148..<156]) == sum else { throw Damage(words: "wrong checksum at \(position)") }
      guard header[257..<265].elementsEqual("ustar\u{0}00".utf8) else { throw Damage(words: "no ustar header at \(position)") }
      var size = Self.octal(header[124..<136])
      position += 512
      if header[156] == 0x78 {
        guard position + size <= bytes.count else { throw Damage(words: "half an extended header at \(position)") }
        extended = try Self.records(Array(bytes[position..<(position + size)]))
        position += (size + 511) / 512 * 512
        continue
      }
      if let stated = extended["size"] { size = Int(String(decoding: stated, as: UTF8.self)) ?? -1 }
      guard header[156] == 0x30, size >= 0, position + (size + 511) / 512 * 512 <= bytes.count else {
        throw Damage(words: "half a member at \(position)")
      }
      let name = extended["path"] ?? Array(header[..<100].prefix { $0 != 0 })
      let time = extended["mtime"].flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? Self.octal(header[136..<148])
      members.append(Member(name: name, offset: position, contents: Array(bytes[position..<(position + size)]), time: time))
      position += (size + 511) / 512 * 512
      extended = [:]
    }
  }

  /// Contents by name.
  package var files: [String: [UInt8]] { Dictionary(members.map { ($0.text, $0.contents) }) { _, last in last } }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int {
    field.prefix { $0 != 0 && $0 != 0x20 }.reduce(0) { $0 << 3 | Int($1 & 7) }
  }

  private static func records(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    var position = 0
    while position < bytes.count {
      let digits = bytes[position...].prefix { $0 != 0x20 }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), position + length <= bytes.count,
        bytes[position + length - 1] == 0x0a
      else { throw Damage(words: "a record of the wrong length") }
      let record = bytes[(position + digits.count + 1)..<(position + length - 1)]
      let key = record.prefix { $0 != 0x3d }
      found[String(decoding: key, as: UTF8.self)] = Array(record.dropFirst(key.count + 1))
      position += length
    }
    return found
  }
}
