import Foundation
import Testing

extension LiveTests {
  /// Several interfaces at once, all of them, and those that are no network cards.
  @Suite(.enabled(if: Needs.met("ip", "nginx", "curl", "bash"), "needs root, ip, nginx, curl and bash"))
  struct InterfaceTests {
    /// A router between a client and a server: `left` and `right`, which each packet crosses.
    private struct Router {
      let client: Network
      let router: Network
      let server: Network

      init() throws {
        (client, router, server) = (try Network(), try Network(), try Network())
        for (host, name, net) in [(client, "left", "198.51.100"), (server, "right", "203.0.113")] {
          try Network.ip(["-n", router.name, "link", "add", name, "type", "veth", "peer", "name", "wire", "netns", host.name])
          try Network.ip(["-n", router.name, "address", "add", "\(net).1/24", "dev", name])
          try Network.ip(["-n", host.name, "address", "add", "\(net).2/24", "dev", "wire"])
          try Network.ip(["-n", router.name, "link", "set", name, "up"])
          try Network.ip(["-n", host.name, "link", "set", "wire", "up"])
          try Network.ip(["-n", host.name, "route", "add", "default", "via", "\(net).1"])
        }
        let forwarding = try router.run(["bash", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], in: Folder())
        try #require(forwarding.status == 0, "\(forwarding.errors)")
      }
    }

    private static let size = 1_000_000

    private func fetch(_ client: Network, _ address: String) throws {
      #expect(try client.run(["curl", "-sf", "-o", "/dev/null", "http://\(address):8080/\(Self.size)"], in: Folder()).status == 0)
    }

    /// Every connection of a run is complete and has the body; answers how many there are.
    private func connections(_ folder: Folder, _ output: String, _ server: WebServer) throws -> Int {
      let lines = try IndexLine.all(folder, output)
      for line in lines {
        #expect(line.client.isComplete && line.server.isComplete, "\(line)")
        let response = try #require(folder.data(output + "/" + (line.server.file ?? "")))
        #expect(Bytes.areEqual(response, from: response.count - Self.size, server.body(Self.size)))
      }
      return lines.count
    }

    /// Each packet passes both interfaces: one connection, and with `--key interface` two.
    @Test(arguments: [["-i", "left", "-i", "right"], ["-i", "any"]], [1, 2])
    func aRouterSeesEachPacketTwice(_ interfaces: [String], _ count: Int) throws {
      let (network, folder) = (try Router(), try Folder())
      let server = try WebServer(network.server, sizes: [Self.size])
      let key = count == 1 ? [] : ["--key", "interface"]
      let capture = try network.router.capture(interfaces + ["-o", "out", "-w", "raw.pcap", "tcp port 8080"] + key, in: folder)
      try fetch(network.client, "203.0.113.2")
      // What waits for packets of the other interface is in its file within a second too.
      #expect(capture.wait(upTo: 2) { (try? IndexLine.all(folder, "out").count) == count })
      #expect(capture.interrupt() == 0)
      #expect(try connections(folder, "out", server) == count, "\(capture.errors)")
      #expect(try IndexLine.kernel(folder, "out")["dropped"] == 0)
      let json = try #require(folder.data("out/run.json"))
      let report = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
      let inputs = try #require(report["inputs"] as? [[String: Any]])
      let packets = inputs.compactMap { $0["packets"] as? Int }
      #expect(inputs.compactMap { $0["file"] as? String } == (interfaces.count == 2 ? ["any"] : ["left", "right"]))
      #expect(packets.allSatisfy { $0 > 20 } && packets.reduce(0, +) == report["packets"] as? Int)
      // The file has the packets in the order in which they were used. It names interfaces where its link type does.
      let again = try network.router.run([Needs.reasm, "-r", "raw.pcap", "-o", "again", "-q"] + key, in: folder)
      #expect(again.status == 0, "\(again.errors)")
      let knowsInterfaces = interfaces == ["-i", "any"]
      #expect(capture.errors.contains("LINUX_SLL2") == knowsInterfaces)
      #expect(try connections(folder, "again", server) == (knowsInterfaces ? count : 1))
      if knowsInterfaces || count == 1 { #expect(folder.data("again/connections.ndjson") == folder.data("out/connections.ndjson")) }
    }

    /// One of two goes away: it is said, the other goes on, and the run is partial.
    @Test func anInterfaceThatGoesAway() throws {
      let (network, folder) = (try Router(), try Folder())
      let server = try WebServer(network.router, sizes: [Self.size])
      let capture = try network.router.capture(["-i", "left", "-i", "right", "-o", "out"], in: folder)
      try Network.ip(["-n", network.router.name, "link", "del", "left"])
      #expect(capture.wait(upTo: 5) { capture.errors.contains("left: capturing ended") })
      #expect(capture.errors.contains("the others go on"))
      try fetch(network.server, "203.0.113.1")
      #expect(capture.interrupt() == 2)
      #expect(try connections(folder, "out", server) == 1)
      // The last one ends the run.
      let last = try network.router.capture(["-i", "lo", "-i", "right", "-o", "last"], in: folder)
      #expect(last.interrupt() == 0)
    }

    @Test func linkTypesThatDifferHaveNoFile() throws {
      let (network, folder) = (try Network(), try Folder())
      try Network.ip(["-n", network.name, "tuntap", "add", "raw", "mode", "tun"])
      try Network.ip(["-n", network.name, "link", "set", "raw", "up"])
      let outcome = try network.run([Needs.reasm, "-i", "lo", "-i", "raw", "-o", "out", "-w", "raw.pcap"], in: folder)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("raw.pcap: packets of lo and raw begin with different headers"), "\(outcome.errors)")
      #expect(folder.names().filter { !$0.hasPrefix(".") } == [])
    }

    /// The log and the queue of netfilter give packets as they come, and nothing where none come.
    @Test(
      .enabled(if: Needs.met("iptables"), "needs iptables"),
      arguments: [("nflog", "NFLOG", "--nflog-group"), ("nfqueue", "NFQUEUE", "--queue-num")].filter { Needs.hasTarget($0.1, $0.2) })
    func netfilter(_ interface: String, _ target: String, _ option: String) throws {
      let (network, folder) = (try Network(), try Folder())
      // Of a packet beyond 64 KiB, which offload makes on a loopback interface, netfilter has no more than that.
      try Network.ip(["-n", network.name, "link", "set", "lo", "mtu", "1500", "gso_max_size", "16384"])
      let server = try WebServer(network, sizes: [Self.size])
      let capture = try network.capture(["-i", interface, "-o", "out"], in: folder)
      usleep(500_000)
      #expect(capture.isRunning, "\(capture.errors)")
      for port in ["--sport", "--dport"] {
        let rule = try network.run(["iptables", "-A", "OUTPUT", "-p", "tcp", port, "8080", "-j", target, option, "0"], in: folder)
        try #require(rule.status == 0, "\(rule.errors)")
      }
      try fetch(network, "127.0.0.1")
      #expect(capture.wait(upTo: 2) { (try? IndexLine.all(folder, "out").count) == 1 })
      #expect(capture.interrupt() == 0, "\(capture.errors)")
      #expect(try connections(folder, "out", server) == 1)
    }
  }
}
