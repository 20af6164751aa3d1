internal import HTTP
internal import Report

/// Objects of HTTP.
extension ReportRecorder {
  /// Greatest length of a URL, a host and a type on the page, in bytes.
  private static let mostText = 300

  /// Returns the bodies of an exchange that is over.
  static func objects(of exchange: Exchange, _ connection: UInt64) -> [ObjectRow] {
    var rows: [ObjectRow] = []
    for side in MessageSide.allCases {
      guard let body = exchange[side]?.body, body.length > 0 else { continue }
      var row = ObjectRow(connection: connection, exchange: exchange.number)
      row.isRequest = side == .request
      row.url = Array(exchange.url.prefix(Self.mostText))
      row.host = Array(exchange.host.prefix(Self.mostText))
      row.declared = Array(body.type.prefix { $0 != 0x3b }.prefix(Self.mostText))
      while row.declared.last == 0x20 { row.declared.removeLast() }
      row.sniffed = body.sniffed?.description ?? ""
      row.size = body.length
      row.status = exchange.status
      row.isComplete = body.isComplete
      if let file = (body.receiver as? BodyOutput)?.content, file.isCreated {
        row.path = file.path
        if let sha256 = file.sha256 {
          var digits: [UInt8] = []
          digits.append(hexadecimal: sha256)
          row.sha256 = String(decoding: digits, as: UTF8.self)
        }
      }
      rows.append(row)
    }
    return rows
  }

  /// Adds an object.
  func add(_ row: ObjectRow) {
    if let pageFiles { return pageFiles.append(row) }
    let isMarked = row.isMismatch || row.isExecutable || !row.isComplete
    if isMarked, markedObjects.count < ReportPage.mostObjects / 2 {
      markedObjects.append(row)
    } else if objects.count < ReportPage.mostObjects / 2 {
      objects.append(row)
    } else {
      objectsLeftOut &+= 1
    }
  }
}
