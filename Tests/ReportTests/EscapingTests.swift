import Testing

@testable import Report

/// Text from the network on the page is text, wherever it stands.
@Suite struct EscapingTests {
  private func text(_ text: String) -> String {
    var page = HTMLWriter()
    page.text(text)
    return String(decoding: page.bytes, as: UTF8.self)
  }

  @Test func markupIsText() {
    #expect(text("</script><script>alert(1)</script>") == "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
    #expect(text("<!-- ]]> &amp;") == "&lt;!-- ]]&gt; &amp;amp;")
    #expect(text(#"" onload="x" 'y' `z`"#) == "&quot; onload=&quot;x&quot; &#39;y&#39; &#96;z&#96;")
  }

  @Test func invisibleCharactersAreNumbers() {
    #expect(text("exe.\u{202e}gpj") == #"exe.\u{202e}gpj"#)
    #expect(text("a\u{2028}b\u{2029}c\u{85}d") == #"a\u{2028}b\u{2029}c\u{85}d"#)
    #expect(text("\u{0}\n\r\t\u{1b}[2J\u{7f}") == #"\u{0}\u{a}\u{d}\u{9}\u{1b}[2J\u{7f}"#)
    #expect(text("\u{200b}\u{feff}\u{ad}\u{e0041}\u{2066}") == #"\u{200b}\u{feff}\u{ad}\u{e0041}\u{2066}"#)
    #expect(text("Ω é 漢 🙂 \u{202f}") == "Ω é 漢 🙂 \u{202f}")
  }

  /// No character of the whole of Unicode leaves its place: in what is written, the five characters of markup occur only as references.
  @Test func everyCharacter() {
    var wrong: [UInt32] = []
    // Planes 3 to 13 hold ideographs and nothing, the last two characters for private use.
    for value in Array(UInt32(0)...0x1ffff) + Array(0xe0000...0xe0fff) + [0x30000, 0xeffff, 0xf0000, 0x10ffff] {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var page = HTMLWriter()
      page.text(String(scalar))
      let isFree = !page.bytes.contains { $0 < 0x20 || $0 == 0x7f || [0x3c, 0x3e, 0x22, 0x27, 0x60].contains($0) }
      let shown = String(decoding: page.bytes, as: UTF8.self).unicodeScalars
      let isStill = shown.allSatisfy { !$0.properties.isBidiControl && $0.value != 0x2028 && $0.value != 0x2029 }
      if !isFree || !isStill || shown.count == 1 && shown.first != scalar { wrong.append(value) }
    }
    #expect(wrong == [])
  }

  @Test func attributesStayInTheirQuotes() {
    var page = HTMLWriter()
    page.attribute("title", "a\" onclick=\"alert(1)")
    #expect(String(decoding: page.bytes, as: UTF8.self) == #" title="a&quot; onclick=&quot;alert(1)""#)
  }

  /// A reference is below the page, whatever the name is.
  @Test(arguments: [
    ("javascript:alert(1)", "./javascript%3Aalert%281%29"), ("//host/x", ".///host/x"), ("a?b#c", "./a%3Fb%23c"),
    ("a b\"<>", "./a%20b%22%3C%3E"), ("data:text/html,x", "./data%3Atext/html%2Cx"), ("é", "./%C3%A9"),
  ])
  func references(name: String, expected: String) {
    var page = HTMLWriter()
    page.reference("href", to: Array(name.utf8))
    #expect(String(decoding: page.bytes, as: UTF8.self) == " href=\"\(expected)\"")
  }

  @Test func referencesOfBytesThatAreNoText() {
    var page = HTMLWriter()
    page.reference("href", to: [0xff, 0x2f, 0x00])
    #expect(String(decoding: page.bytes, as: UTF8.self) == " href=\"./%FF/%00\"")
  }

  @Test func base64() {
    for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
      #expect(Base64.text(Array(text.utf8)) == expected)
    }
  }

  /// The page's own script and style end where the page says, and hold nothing that a parser of HTML would take for their end.
  @Test func scriptAndStyleAreClosed() {
    #expect(!PageScript.text.contains("</") && !PageScript.text.contains("<!--"))
    #expect(!PageStyle.text.contains("<"))
    for word in ["eval(", "insertAdjacentHTML", "outerHTML", "document.write", "fetch(", "XMLHttpRequest", "import("] {
      #expect(!PageScript.text.contains(word), "\(word)")
    }
  }

  @Test func payload() {
    #expect(Payload.lines(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) == ["GET / HTTP/1.1", "Host: a"])
    #expect(Payload.lines([0x41, 0x00, 0xff, 0x42]) == ["A..B"])
    #expect(Payload.lines(Array(repeating: 0x0a, count: 40)).count <= 13)
    #expect(Payload.text([0x1b, 0x5b, 0x41, 0xe2]) == ".[A.")
  }
}
