import Foundation
import Testing

/// nginx with files of several sizes, each named after its size, on port 8080 of every address.
final class WebServer {
  static let sizes = [1, 10, 1_000, 65_536, 1_000_000, 50_000_000]

  let folder: Folder
  private let server: Running

  init(_ network: Network, sizes: [Int] = WebServer.sizes) throws {
    folder = try Folder()
    let random = try #require(FileHandle(forReadingAtPath: "/dev/urandom"))
    for size in sizes { try folder.write("\(size)", try #require(try random.read(upToCount: size))) }
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path tmp;" }.joined(separator: " ")
    let configuration = """
      daemon off; master_process off; pid nginx.pid; error_log stderr;
      events { worker_connections 512; }
      http { access_log off; \(temporary) root \(folder.path);
        server { listen 8080 backlog=1024; listen [::]:8080 backlog=1024; } }
      """
    try folder.write("nginx.conf", Data(configuration.utf8))
    server = try network.start(["nginx", "-e", "stderr", "-p", folder.path, "-c", "nginx.conf"], in: folder)
    var isReady = false
    server.wait {
      isReady =
        (try? network.run(["curl", "-sf", "-o", "/dev/null", "http://127.0.0.1:8080/\(sizes[0])"], in: folder).status) == 0
      return isReady
    }
    try #require(isReady, "\(server.errors)")
  }

  /// The body that is served.
  func body(_ size: Int) -> Data { folder.data(String(size)) ?? Data() }
}
