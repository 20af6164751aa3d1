/// Line of the table of objects: the body of a message of HTTP.
public struct ObjectRow: Sendable {
  /// Greatest size in bytes of a picture that the page shows.
  public static let mostThumbnail = 64 << 10

  /// Number of the connection.
  public var connection: UInt64
  /// Number of the exchange in the connection.
  public var exchange: UInt64
  /// Whether the body belongs to the request.
  public var isRequest = false
  /// Path of the file below the output directory; empty without a file.
  public var path: [UInt8] = []
  /// URL, as the request stated it.
  public var url: [UInt8] = []
  /// Host, as the request stated it.
  public var host: [UInt8] = []
  /// Content-Type without parameters, as sent.
  public var declared: [UInt8] = []
  /// Type that the first bytes indicate; empty if they indicate none.
  public var sniffed = ""
  /// Length of the content in bytes.
  public var size: Int64 = 0
  /// SHA-256 in hexadecimal digits; empty if it is not known.
  public var sha256 = ""
  /// Status code of the response; nil without one.
  public var status: Int?
  /// Whether the body was captured and read as a whole.
  public var isComplete = false

  /// Creates a line.
  public init(connection: UInt64, exchange: UInt64) {
    self.connection = connection
    self.exchange = exchange
  }

  /// Whether the declared type is another than the one that the first bytes indicate.
  ///
  /// Types that say nothing about the content, and text beside markup, are no contradiction.
  public var isMismatch: Bool {
    guard !sniffed.isEmpty, !declared.isEmpty else { return false }
    let type = String(decoding: declared, as: UTF8.self).lowercased()
    if type == sniffed || type == "application/octet-stream" || type == "binary/octet-stream" { return false }
    let pair = (Self.family(type), Self.family(sniffed))
    // Pages of XHTML begin as XML does.
    return pair.0 != pair.1 && pair != ("text/html", "application/xml")
  }

  /// Whether the first bytes are those of a program.
  public var isExecutable: Bool { Self.executables.contains(sniffed) }

  private static let executables: Set<String> = [
    "application/x-elf", "application/vnd.microsoft.portable-executable", "application/x-mach-binary", "application/java-vm",
    "application/wasm", "application/vnd.android.dex", "text/x-shellscript", "text/x-php",
  ]

  /// Types that name one format, by the name that stands for all of them.
  private static let aliases: [String: String] = [
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/x-icon": "image/vnd.microsoft.icon",
    "application/x-gzip": "application/gzip", "application/x-zip-compressed": "application/zip", "text/xml": "application/xml",
    "application/xhtml+xml": "application/xml", "audio/mp3": "audio/mpeg", "font/x-woff": "font/woff", "application/font-woff": "font/woff",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
    "application/x-msdos-program": "application/vnd.microsoft.portable-executable",
    "application/x-dosexec": "application/vnd.microsoft.portable-executable", "application/x-executable": "application/x-elf",
    "application/x-sharedlib": "application/x-elf", "application/x-sh": "text/x-shellscript", "audio/ogg": "application/ogg",
    "video/ogg": "application/ogg", "audio/mp4": "video/mp4", "application/x-pdf": "application/pdf", "audio/x-wav": "audio/wav",
    "application/java-archive": "application/zip", "application/x-rar-compressed": "application/vnd.rar",
  ]

  private static func family(_ type: String) -> String {
    let name = aliases[type] ?? type
    // A page may be declared as any text, and a document of XML or ZIP as the type that it carries.
    if name.hasSuffix("+xml") { return "application/xml" }
    if name.hasPrefix("application/vnd.openxmlformats") || name.hasSuffix("+zip") { return "application/zip" }
    return name
  }
}

/// Pictures that the page shows, by the type that their first bytes indicate.
enum Thumbnail {
  /// Returns the type of a picture by its first bytes; nil for anything else, above all markup.
  static func type(of bytes: [UInt8]) -> StaticString? {
    func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    if starts([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return "image/png" }
    if starts([0xff, 0xd8, 0xff]) { return "image/jpeg" }
    if starts(Array("GIF87a".utf8)) || starts(Array("GIF89a".utf8)) { return "image/gif" }
    if starts(Array("RIFF".utf8)), bytes.count >= 12, bytes[8..<12].elementsEqual("WEBP".utf8) { return "image/webp" }
    return nil
  }
}
