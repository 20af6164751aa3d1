/// Line of an index of a shard with the values that the merged directory has.
enum MergedLine {
  /// Beginning of the line of a connection in an index whose first member is its id under a name; digits follow.
  static func beginning(_ name: StaticString) -> [UInt8] {
    var bytes: [UInt8] = [0x7b, 0x22]
    bytes.append(text: name.description)
    bytes += [0x22, 0x3a]
    return bytes
  }

  /// Beginning of the line of a connection.
  static func beginning(_ name: StaticString, _ id: UInt64) -> [UInt8] {
    var bytes = beginning(name)
    bytes.append(decimal: id)
    bytes.append(0x2c)
    return bytes
  }

  /// Appends a line with another id and other strings.
  ///
  /// - Parameters:
  ///   - line: the line.
  ///   - old: its beginning, with the id.
  ///   - new: the new beginning.
  ///   - strings: ranges of the line, in order, with the strings that replace them.
  ///   - text: the text to which it is appended.
  static func append(
    _ line: [UInt8], _ old: [UInt8], as new: [UInt8], _ strings: [(range: Range<Int>, text: [UInt8])], to text: inout [UInt8]
  ) {
    text += new
    var position = old.count
    for (range, string) in strings {
      text += line[position..<range.lowerBound]
      text += string
      position = range.upperBound
    }
    text += line[position...]
  }

  /// Number of the exchange in a line behind its beginning; nil if there is none.
  static func exchange(in line: [UInt8], behind beginning: [UInt8]) -> UInt64? {
    let name = Array(#""exchange":"#.utf8)
    guard line.dropFirst(beginning.count).starts(with: name) else { return nil }
    let digits = line[(beginning.count + name.count)...].prefix { (0x30...0x39).contains($0) }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }

  /// Returns the entry of an exchange in http.har with another id of its connection, and a comma before it unless it is the first one.
  ///
  /// - Returns: the line; nil if the entry is not that of the connection.
  static func entry(_ line: [UInt8], _ id: UInt64, as newID: UInt64, isFirst: Bool) -> [UInt8]? {
    var (old, new) = (Array(#","connection":""#.utf8), Array(#","connection":""#.utf8))
    old.append(decimal: id)
    new.append(decimal: newID)
    old.append(0x22)
    new.append(0x22)
    // The member stands near the end. In a string its quotes would have backslashes before them.
    var place = line.count - old.count
    while place >= 0, !line[place...].starts(with: old) { place -= 1 }
    guard place >= 0 else { return nil }
    let start = line.first == 0x2c ? 1 : 0
    return (isFirst ? [] : [0x2c]) + line[start..<place] + new + line[(place + old.count)...]
  }

  /// Path of a file below `http/`, whose name begins with the id of its connection, for another id; nil for any other path.
  static func bodyPath(_ path: [UInt8], from old: UInt64, to new: UInt64) -> [UInt8]? {
    let folder = Array("http/".utf8)
    var (start, result) = (folder, folder)
    start.append(decimal: old, width: 10)
    start.append(0x2d)
    guard path.starts(with: start) else { return nil }
    result.append(decimal: new, width: 10)
    result.append(0x2d)
    return result + path[start.count...]
  }
}
