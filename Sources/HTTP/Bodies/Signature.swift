/// Signatures: types of content by their first bytes.
enum Signature {
  /// Type and the bytes at `offset` that indicate it; a nil byte matches any byte.
  private struct Entry {
    let type: StaticString
    let offset: Int
    let bytes: [UInt8?]

    init(_ type: StaticString, _ bytes: [UInt8?], at offset: Int = 0) {
      self.type = type
      self.offset = offset
      self.bytes = bytes
    }

    init(_ type: StaticString, _ text: String, at offset: Int = 0) { self.init(type, text.utf8.map { $0 }, at: offset) }

    func matches(_ start: [UInt8]) -> Bool {
      guard start.count >= offset + bytes.count else { return false }
      for (index, byte) in bytes.enumerated() {
        if let byte, start[offset + index] != byte { return false }
      }
      return true
    }
  }

  /// Signatures in the order in which they are compared: a specific one precedes a more general one.
  private static let entries: [Entry] = [
    // Images
    Entry("image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    Entry("image/jpeg", [0xff, 0xd8, 0xff]),
    Entry("image/gif", "GIF87a"), Entry("image/gif", "GIF89a"),
    Entry("image/webp", [0x52, 0x49, 0x46, 0x46, nil, nil, nil, nil, 0x57, 0x45, 0x42, 0x50]),
    Entry("image/bmp", [0x42, 0x4d, nil, nil, nil, nil, 0, 0, 0, 0]),
    Entry("image/vnd.microsoft.icon", [0, 0, 1, 0, nil, 0]),
    Entry("image/tiff", [0x49, 0x49, 0x2a, 0]), Entry("image/tiff", [0x4d, 0x4d, 0, 0x2a]),
    Entry("image/avif", "ftypavif", at: 4), Entry("image/heic", "ftypheic", at: 4), Entry("image/heic", "ftypmif1", at: 4),
    Entry("image/jxl", [0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20]), Entry("image/vnd.adobe.photoshop", "8BPS"),
    Entry("image/jp2", [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20]),
    // Archives
    Entry("application/zip", [0x50, 0x4b, 3, 4]), Entry("application/zip", [0x50, 0x4b, 5, 6]),
    Entry("application/gzip", [0x1f, 0x8b, 8]), Entry("application/x-bzip2", "BZh"),
    Entry("application/x-xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), Entry("application/zstd", [0x28, 0xb5, 0x2f, 0xfd]),
    Entry("application/x-7z-compressed", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), Entry("application/vnd.rar", "Rar!\u{1a}\u{7}"),
    Entry("application/x-lz4", [4, 0x22, 0x4d, 0x18]), Entry("application/vnd.ms-cab-compressed", "MSCF\0\0\0\0"),
    Entry("application/x-compress", [0x1f, 0x9d]), Entry("application/x-tar", "ustar", at: 257),
    Entry("application/vnd.debian.binary-package", "!<arch>\ndebian"), Entry("application/x-archive", "!<arch>\n"),
    Entry("application/x-rpm", [0xed, 0xab, 0xee, 0xdb]), Entry("application/x-cpio", "070701"),
    // Documents
    Entry("application/pdf", "%PDF-"), Entry("application/postscript", "%!PS"), Entry("application/rtf", "{\\rtf"),
    Entry("application/x-ole-storage", [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    Entry("application/vnd.sqlite3", "SQLite format 3\0"), Entry("application/vnd.ms-htmlhelp", "ITSF"),
    Entry("image/vnd.djvu", "AT&TFORM"),
    // Executables
    Entry("application/x-elf", [0x7f, 0x45, 0x4c, 0x46]), Entry("application/vnd.microsoft.portable-executable", "MZ"),
    Entry("application/x-mach-binary", [0xfe, 0xed, 0xfa, 0xce]), Entry("application/x-mach-binary", [0xfe, 0xed, 0xfa, 0xcf]),
    Entry("application/x-mach-binary", [0xce, 0xfa, 0xed, 0xfe]), Entry("application/x-mach-binary", [0xcf, 0xfa, 0xed, 0xfe]),
    Entry("application/java-vm", [0xca, 0xfe, 0xba, 0xbe]), Entry("application/wasm", [0, 0x61, 0x73, 0x6d]),
    Entry("application/vnd.android.dex", "dex\n"),
    // Media
    Entry("video/mp4", "ftyp", at: 4), Entry("video/webm", [0x1a, 0x45, 0xdf, 0xa3]), Entry("audio/flac", "fLaC"),
    Entry("audio/mpeg", "ID3"), Entry("audio/mpeg", [0xff, 0xfb]), Entry("audio/mpeg", [0xff, 0xf3]), Entry("application/ogg", "OggS"),
    Entry("audio/wav", [0x52, 0x49, 0x46, 0x46, nil, nil, nil, nil, 0x57, 0x41, 0x56, 0x45]),
    Entry("video/x-msvideo", [0x52, 0x49, 0x46, 0x46, nil, nil, nil, nil, 0x41, 0x56, 0x49, 0x20]),
    Entry("video/x-flv", [0x46, 0x4c, 0x56, 1]), Entry("audio/midi", "MThd"), Entry("video/mpeg", [0, 0, 1, 0xba]),
    Entry("video/mp2t", [0x47, 0x40, nil, nil]), Entry("application/x-shockwave-flash", "FWS"),
    Entry("application/x-shockwave-flash", "CWS"), Entry("video/x-ms-asf", [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]),
    // Fonts
    Entry("font/woff", "wOFF"), Entry("font/woff2", "wOF2"), Entry("font/ttf", [0, 1, 0, 0, 0]), Entry("font/otf", "OTTO"),
    // Captures
    Entry("application/vnd.tcpdump.pcap", [0xd4, 0xc3, 0xb2, 0xa1]), Entry("application/vnd.tcpdump.pcap", [0xa1, 0xb2, 0xc3, 0xd4]),
    Entry("application/vnd.tcpdump.pcap", [0x4d, 0x3c, 0xb2, 0xa1]), Entry("application/vnd.tcpdump.pcap", [0xa1, 0xb2, 0x3c, 0x4d]),
    Entry("application/x-pcapng", [0x0a, 0x0d, 0x0d, 0x0a]),
    // Text
    Entry("text/x-shellscript", "#!"), Entry("text/x-php", "<?php"), Entry("application/x-bittorrent", "d8:announce"),
    Entry("application/x-x509-ca-cert", "-----BEGIN CERTIFICATE"), Entry("application/pgp-signature", "-----BEGIN PGP SIGNATURE"),
  ]

  /// Signatures of markup, compared without case after white space.
  private static let markup: [(type: StaticString, start: StaticString)] = [
    ("text/html", "<!doctype html"), ("text/html", "<html"), ("text/html", "<head"), ("text/html", "<script"), ("text/html", "<body"),
    ("image/svg+xml", "<svg"), ("application/xml", "<?xml"),
  ]

  /// Type that the first bytes of a content indicate; nil if no signature matches.
  static func type(of start: [UInt8]) -> StaticString? {
    if let entry = entries.first(where: { $0.matches(start) }) { return entry.type }
    let text = start.starts(with: [0xef, 0xbb, 0xbf]) ? start.dropFirst(3) : start[...]
    let shown = text.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    return markup.first { shown.beginsIgnoringCase($0.start) }?.type
  }
}
