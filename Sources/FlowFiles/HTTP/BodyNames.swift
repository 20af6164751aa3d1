internal import HTTP

/// Names of body files.
///
/// Bytes from the wire are restricted to a safe set, so that no name leaves the folder or drives a terminal.
enum BodyNames {
  private static let mostOfPart = 60
  private static let mostOfName = 200

  /// Path of a body in one folder: `http/0000000001-0001.response.example.com-index.html`.
  static func flat(connection: UInt64, _ exchange: Exchange, _ side: MessageSide) -> [UInt8] {
    var path = Array("http/".utf8)
    append(connection, exchange.number, side, to: &path)
    let host = part(exchange.host, most: mostOfPart)
    let name = fileName(exchange, side, most: mostOfPart)
    if !host.isEmpty || !name.isEmpty { path.append(0x2e) }
    path += host
    if !host.isEmpty, !name.isEmpty { path.append(0x2d) }
    return path + name
  }

  private static func append(_ connection: UInt64, _ exchange: UInt64, _ side: MessageSide, to path: inout [UInt8]) {
    path.append(decimal: connection, width: 10)
    path.append(0x2d)
    path.append(decimal: exchange, width: 4)
    path.append(text: side == .request ? ".request" : ".response")
  }

  /// Path of the file of a WebSocket message.
  static func message(connection: UInt64, exchange: UInt64, _ side: MessageSide, number: UInt64) -> [UInt8] {
    var path = Array("http/".utf8)
    append(connection, exchange, side, to: &path)
    path.append(text: ".ws-")
    path.append(decimal: number, width: 6)
    return path
  }

  /// Suffix of the file of a part, which lies next to that of its body.
  static func suffix(of part: Part, _ number: Int) -> [UInt8] {
    var suffix = Array(".part-".utf8)
    suffix.append(decimal: UInt64(number), width: 4)
    let name = self.part(lastComponent(part.filename.isEmpty ? part.name : part.filename), most: mostOfPart)
    if !name.isEmpty { suffix += [0x2d] + name }
    return suffix
  }

  /// Appends a suffix to a path and shortens its last component to at most `most` bytes.
  static func extended(_ path: [UInt8], _ suffix: [UInt8], most: Int = mostOfName) -> [UInt8] {
    let start = path.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
    let room = max(1, most - suffix.count)
    return Array(path[..<start] + path[start...].prefix(room)) + suffix
  }

  /// File name of a body, from Content-Disposition or else the target.
  ///
  /// A name without an extension gets that of its type.
  private static func fileName(_ exchange: Exchange, _ side: MessageSide, most: Int) -> [UInt8] {
    let body = exchange[side]?.body
    var name = lastComponent(body?.name ?? [])
    if name.isEmpty, exchange.method?.elementsEqual("CONNECT".utf8) != true {
      name = lastComponent(Percent.decode(pathOf(exchange.target ?? [])[...]))
      if name.isEmpty, exchange.target != nil { name = Array("index".utf8) }
    }
    var part = part(name, most: most)
    if !part.dropFirst().contains(0x2e), let type = MediaTypes.fileExtension(of: body?.type ?? []) {
      part = part.prefix(most - type.count - 1) + [0x2e] + type
    }
    return part.first == 0x2e ? [0x5f] + part.dropFirst() : part
  }

  /// Path component of a target, without query and fragment.
  static func pathOf(_ target: [UInt8]) -> [UInt8] {
    var path = target.prefix { $0 != 0x3f && $0 != 0x23 }
    // The path of a target in absolute form follows the authority.
    if let colon = path.firstIndex(of: 0x3a), path[colon...].starts(with: "://".utf8) {
      path = path[(colon + 3)...].drop { $0 != 0x2f }
    }
    return Array(path)
  }

  private static func lastComponent(_ path: [UInt8]) -> [UInt8] {
    let start = path.lastIndex { $0 == 0x2f || $0 == 0x5c }.map { $0 + 1 } ?? 0
    return Array(path[start...])
  }

  /// Text from the wire as part of a name: letters, digits, dot, dash and underscore, with no leading dot.
  ///
  /// A name that is too long is cut before its extension if that is short.
  static func part(_ text: [UInt8], most: Int) -> [UInt8] {
    var safe = text.prefix(4_096).map { isSafe($0) ? $0 : 0x5f }
    if safe.first == 0x2e { safe[0] = 0x5f }
    guard safe.count > most else { return safe }
    let end = text.suffix(9).map { isSafe($0) ? $0 : 0x5f }
    guard let dot = end.lastIndex(of: 0x2e) else { return Array(safe.prefix(most)) }
    let ending = end[dot...]
    return Array(safe.prefix(most - ending.count)) + ending
  }

  private static func isSafe(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2e, 0x2d, 0x5f: true
    default: false
    }
  }
}

// MARK: trees

extension BodyNames {
  private static let mostOfComponent = 100
  private static let mostLevels = 8

  /// Path of a body in a tree of folders: `http/HOST/PATH/NAME`.
  static func tree(_ exchange: Exchange, _ side: MessageSide) -> [UInt8] {
    var components = [exchange.host.isEmpty ? Array("_".utf8) : exchange.host]
    let target = exchange.method?.elementsEqual("CONNECT".utf8) == true ? [] : pathOf(exchange.target ?? [])
    let parts = target.split(separator: 0x2f, omittingEmptySubsequences: false).map(Array.init)
    // The folders are the components between the first slash and the name.
    components += parts.dropFirst().dropLast().prefix(mostLevels - 1)
    var path = Array("http".utf8)
    for component in components { path += [0x2f] + escaped(component, most: mostOfComponent) }
    var name = escaped(fileName(exchange, side, most: mostOfComponent - 16), most: mostOfComponent - 16)
    if side == .request { name += Array(".request".utf8) }
    return path + [0x2f] + name
  }

  /// Component of a path, in which unsafe bytes are percent-encoded.
  ///
  /// The component is never empty, a dot or a device name, and does not begin like an option.
  private static func escaped(_ text: [UInt8], most: Int) -> [UInt8] {
    var safe: [UInt8] = []
    for (index, byte) in text.prefix(4_096).enumerated() {
      if isSafe(byte) && !(index == 0 && (byte == 0x2e || byte == 0x2d)) {
        safe.append(byte)
      } else {
        safe.append(0x25)
        safe.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x37 + $0 })
      }
      if safe.count > most { break }
    }
    safe = Array(safe.prefix(most - 1))
    if safe.isEmpty || isDevice(safe) { safe.insert(0x5f, at: 0) }
    return safe
  }

  private static let devices = ["con", "prn", "aux", "nul"].map { Array($0.utf8) }

  private static func isDevice(_ name: [UInt8]) -> Bool {
    let stem = name.prefix { $0 != 0x2e }.lowercased
    if devices.contains(stem) { return true }
    let isNumbered = stem.starts(with: "com".utf8) || stem.starts(with: "lpt".utf8)
    return isNumbered && stem.count == 4 && (0x30...0x39).contains(stem[3])
  }
}

/// File name extensions of media types.
enum MediaTypes {
  private static let extensions: [(type: StaticString, name: StaticString)] = [
    ("text/html", "html"), ("application/xhtml+xml", "xhtml"), ("text/plain", "txt"), ("text/css", "css"), ("text/csv", "csv"),
    ("text/javascript", "js"), ("application/javascript", "js"), ("application/x-javascript", "js"), ("application/json", "json"),
    ("text/xml", "xml"), ("application/xml", "xml"), ("image/png", "png"), ("image/jpeg", "jpg"), ("image/gif", "gif"),
    ("image/webp", "webp"), ("image/svg+xml", "svg"), ("image/x-icon", "ico"), ("image/vnd.microsoft.icon", "ico"), ("image/bmp", "bmp"),
    ("image/avif", "avif"), ("image/tiff", "tif"), ("application/pdf", "pdf"), ("application/zip", "zip"), ("application/gzip", "gz"),
    ("application/x-gzip", "gz"), ("application/x-tar", "tar"), ("application/x-7z-compressed", "7z"), ("application/x-bzip2", "bz2"),
    ("application/vnd.rar", "rar"), ("application/java-archive", "jar"), ("application/msword", "doc"), ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"), ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"), ("application/x-msdownload", "exe"),
    ("application/vnd.microsoft.portable-executable", "exe"), ("application/x-shockwave-flash", "swf"), ("application/wasm", "wasm"),
    ("application/octet-stream", "bin"), ("application/x-www-form-urlencoded", "form"), ("application/ocsp-response", "ors"),
    ("application/ocsp-request", "orq"), ("application/pkix-crl", "crl"), ("application/pkix-cert", "cer"), ("font/woff", "woff"),
    ("font/woff2", "woff2"), ("application/font-woff", "woff"), ("font/ttf", "ttf"), ("font/otf", "otf"), ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"), ("audio/wav", "wav"), ("video/mp4", "mp4"), ("video/webm", "webm"), ("video/mp2t", "ts"),
    ("application/vnd.apple.mpegurl", "m3u8"), ("application/dash+xml", "mpd"), ("application/grpc", "grpc"),
    ("application/x-protobuf", "pb"), ("message/rfc822", "eml"),
  ]

  private static let table: [[UInt8]: [UInt8]] = Dictionary(
    extensions.map { (Array($0.type.description.utf8), Array($0.name.description.utf8)) }, uniquingKeysWith: { first, _ in first })

  /// Extension for a media type, without a dot; nil if the type is not in the table.
  static func fileExtension(of type: [UInt8]) -> [UInt8]? {
    let name = type.prefix { $0 != 0x3b && $0 > 0x20 }.lowercased
    return table[name]
  }
}
