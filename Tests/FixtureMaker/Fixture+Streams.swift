import Packets
import TestSupport

extension Fixture {
  /// What the rules of reassembly are about.
  static var streams: [Fixture] {
    let hole = packed { c in
      c.handshake()
      c.send(.client, "before the hole ")
      c.send(.client, "lost")
      c.loseLast()
      c.send(.client, " behind it")
      c.ack(.server)
      c.close()
    }
    let overlap = packed { c in
      c.handshake()
      c.segment(from: .client, offset: 4, "efgh")
      c.segment(from: .client, offset: 2, "CDEFGHIJ")
      c.segment(from: .client, offset: 6, "1234")
      c.segment(from: .client, offset: 0, "ab")
      c.close()
    }
    return handshakes + endings + windows + [
      Fixture(
        name: "hole", about: "Four bytes were acknowledged and never captured: zeros in the file, a gap in the index.", capture: hole),
      Fixture(
        name: "hole-skipped", about: "The capture of hole: the gap takes no room, and files are hashed.",
        arguments: ["--gaps", "skip", "--hash"],
        capture: hole),
      Fixture(
        name: "overlap-first",
        about: "Three segments that disagree behind a hole: the first copy of every byte stands, conflicts are listed.",
        capture: overlap),
      Fixture(
        name: "overlap-linux", about: "The capture of overlap-first under another policy.", arguments: ["--overlap-policy", "linux"],
        capture: overlap),
      Fixture(
        name: "injection",
        about: "A forged answer overtakes the true one and is delivered; the conflict names both packets and both versions.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "GET / HTTP/1.0\r\n\r\n")
          c.segment(from: .server, offset: 0, "HTTP/1.0 302 Found\r\nLocation: http://evil.example/\r\n\r\n")
          c.segment(from: .server, offset: 0, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
          c.close()
        }),
      Fixture(
        name: "reordered", about: "Segments swapped, repeated and cut anew, no byte missing.",
        capture: packed { c in
          c.handshake()
          for start in [60, 20, 40, 0, 90, 80, 100, 30] { c.segment(from: .client, offset: start, .letters(30, from: start)) }
          c.segment(from: .client, offset: 0, .letters(130))
          c.close()
        }),
      Fixture(
        name: "sequence-wrap", about: "Both directions cross sequence number 2^32, with segments swapped at that place.",
        capture: packed(
          of: { c in
            c.handshake()
            c.segment(from: .client, offset: 5, "56789")
            c.segment(from: .client, offset: 0, "01234")
            c.segment(from: .server, offset: 3, "defg")
            c.segment(from: .server, offset: 0, "abc")
            c.close()
          }, from: Conversation(clientISN: 0xffff_fffb, serverISN: 0xffff_ffff))),
      Fixture(
        name: "keep-alive", about: "A keep-alive probe of one byte with another value: no stream data, no conflict.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "hello")
          c.ack(.server)
          c.segment(from: .client, offset: 4, "\0", flags: .ack)
          c.ack(.server)
          c.send(.client, " you")
          c.close()
        }),
      Fixture(
        name: "jump",
        about: "The capture paused for 1.5 GiB: three contiguous segments beyond the window prove it, and the stream goes on.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "head")
          for (index, text) in ["tail", "tale", "tell"].enumerated() {
            c.segment(from: .client, offset: 4 + 1_610_612_736 + 4 * index, text)
          }
        }),
      Fixture(
        name: "urgent", about: "Urgent data stays in line and is counted.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "ab")
          c.send(.client, "!", flags: [.ack, .urg])
          c.changeLast { $0.urgentPointer = 1 }
          c.send(.client, "cd")
          c.close()
        }),
      Fixture(
        name: "several-connections", about: "Ten connections at once, in folders by server and client.",
        arguments: ["-T", "%B/%A.%a%c"], capture: packed(several())),
      Fixture(
        name: "filtered", about: "The capture of several-connections through a filter: packet numbers count every packet of the file.",
        arguments: ["-f", "port 40003"], capture: packed(several())),
      Fixture(
        name: "one-sided", about: "One direction alone was captured.",
        capture: packed(Conversation.request().packets.filter { $0.segment.source.port == 80 })),
    ]
  }

  private static func several() -> [ScriptedPacket] {
    (0..<10).flatMap { number in
      Conversation.request(client: Endpoint("10.0.0.1", UInt16(40_000 + number)), start: Conversation.epoch + Int64(number) * 300_000)
        .packets
    }
  }

  private static var handshakes: [Fixture] {
    [
      Fixture(
        name: "fast-open", about: "TCP Fast Open: data on the SYN, which is sent again with more of it.",
        capture: packed { c in
          c.syn("GET /")
          c.syn("GET / HTTP/1.0")
          c.synAck()
          c.ack()
          c.send(.client, "\r\n\r\n")
          c.send(.server, "ok")
          c.close()
        }),
      Fixture(
        name: "port-reuse", about: "The same addresses and ports three times: after a close, and while the second one was still open.",
        capture: packed { c in
          for (isn, text) in [(1_000, "first"), (2_000_000, "second"), (3_000_000_000, "third")] as [(UInt32, String)] {
            c.renew(clientISN: isn, serverISN: isn / 2)
            c.handshake()
            c.send(.client, text)
            c.send(.server, "answer to \(text)")
            if text != "second" { c.close() }
          }
        }),
      Fixture(
        name: "forged-syn", about: "A blind SYN in an established connection changes nothing.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "one")
          c.forge(from: .client, sequence: 777_777, flags: .syn)
          c.ack(.server)
          c.send(.client, " two")
          c.close()
        }),
      Fixture(
        name: "midstream", about: "No handshake, the first two segments swapped; the client is told by the ports.",
        capture: packed { c in
          c.segment(from: .server, offset: 4, "5678")
          c.segment(from: .server, offset: 0, "1234")
          c.send(.client, "ok")
          c.close()
        }),
      Fixture(
        name: "refused", about: "A reset answers the SYN: a line in the index, no file.",
        capture: packed { c in
          c.syn()
          c.forge(from: .server, sequence: 0, acknowledgment: 1_001, flags: [.rst, .ack])
        }),
    ]
  }

  /// Numbers as far apart as they can be; the first byte of each script has the number 2^31.
  private static var windows: [Fixture] {
    let far = 1 << 30
    let talk = Conversation(clientISN: 0x7fff_ffff)
    return [
      Fixture(
        name: "window-no-start",
        about: "Three bytes 2^30 apart and a FIN among them, no SYN: the one that would stretch the window is dropped, not the stream.",
        capture: packed(
          of: { c in
            c.segment(from: .client, offset: 0, "a", flags: .ack)
            c.segment(from: .client, offset: -far, "b", flags: .ack)
            c.segment(from: .client, offset: far, "c", flags: .ack)
            c.segment(from: .client, offset: 50, "", flags: [.fin, .ack])
          }, from: talk)),
      Fixture(
        name: "window-late-syn",
        about: "A SYN that comes late and 1 MiB below: what lies more than 2^30 behind it leaves the window.",
        capture: packed(
          of: { c in
            c.segment(from: .client, offset: 0, "a", flags: .ack)
            c.segment(from: .client, offset: 5_000 - far, "b", flags: .ack)
            c.segment(from: .client, offset: far - 5_004, "c", flags: .ack)
            c.segment(from: .client, offset: 50, "", flags: [.fin, .ack])
            c.forge(from: .client, sequence: c.sequence(.client, 5_000 - far - 1_048_575), flags: .syn)
          }, from: talk)),
      Fixture(
        name: "window-syn-ack",
        about: "The SYN-ACK that counts lies far from the one that came first: what was queued behind that one leaves the window.",
        capture: packed { c in
          c.syn()
          c.synAck()
          c.forge(from: .server, sequence: 2_684_355_661, acknowledgment: 1_001, flags: [.syn, .ack])
          c.forge(from: .server, sequence: 5_101, acknowledgment: 1_001, "before", flags: .ack)
          c.forge(from: .server, sequence: 5_001 + (1 << 30), acknowledgment: 1_001, "before", flags: .ack)
          c.forge(from: .client, sequence: 1_001, acknowledgment: 2_684_355_662, flags: .ack)
          c.forge(from: .server, sequence: 2_684_355_762, acknowledgment: 1_001, "behind", flags: .ack)
          c.forge(from: .server, sequence: 2_684_355_662, acknowledgment: 1_001, String(repeating: "x", count: 100), flags: .ack)
          c.forge(from: .server, sequence: 2_684_355_768, acknowledgment: 1_001, flags: [.fin, .ack])
        }),
    ]
  }

  private static var endings: [Fixture] {
    [
      Fixture(
        name: "fin-out-of-order", about: "An empty FIN comes before the data that lies before it; data beyond it is no stream data.",
        capture: packed { c in
          c.handshake()
          c.segment(from: .client, offset: 6, "", flags: [.fin, .ack])
          c.segment(from: .client, offset: 3, "def")
          c.segment(from: .client, offset: 0, "abc")
          c.forge(from: .client, sequence: c.sequence(.client, 6), acknowledgment: 5_001, "beyond", flags: .ack)
          c.fin(.server)
          c.changeLast { $0.acknowledgment = 1_008 }
          c.ack(.client)
        }),
      Fixture(
        name: "half-close", about: "The client closes its side; the server goes on for half an hour and then closes.",
        capture: packed { c in
          c.handshake()
          c.fin(.client, "request")
          c.ack(.server)
          for number in 1...3 {
            c.wait(seconds: 600)
            c.send(.server, "part \(number)\n")
            c.ack(.client)
          }
          c.fin(.server)
          c.ack(.client)
        }),
      Fixture(
        name: "reset", about: "A reset in sequence, its own payload, and data of the other side that was in flight.",
        capture: packed { c in
          c.handshake()
          c.send(.client, "request")
          c.rst(.client, "go away")
          c.send(.server, "response")
          c.wait(seconds: 10)
          c.forge(from: .client, sequence: 1, flags: .rst)
          c.changeLast { $0.source.port = 1 }
        }),
      Fixture(
        name: "reset-withdrawn", about: "A forged reset in sequence: its alleged sender goes on, so it is withdrawn.",
        capture: packed { c in
          c.handshake()
          c.send(.server, "ok")
          c.rst(.server)
          c.send(.server, ", still here")
          c.close()
        }),
    ]
  }
}
