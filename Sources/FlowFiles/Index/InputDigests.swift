internal import Glibc
public import Paths

/// SHA-256 of the files that a run reads, computed by a thread of its own while the run goes on.
///
/// The files are read as they lie on the disk, once more than by the run. Only regular files have a digest: reading another one, such as a
/// pipe, would take bytes from the run.
public final class InputDigests {
  /// State that the thread shares with the run: the thread writes `digests`, and the run reads them after it joined the thread.
  private final class Job {
    let paths: [FilePath]
    var digests: [[UInt8]?]
    let isCancelled: @Sendable () -> Bool

    init(_ paths: [FilePath], _ isCancelled: @escaping @Sendable () -> Bool) {
      self.paths = paths
      self.isCancelled = isCancelled
      digests = Array(repeating: nil, count: paths.count)
    }

    func run() {
      for (index, path) in paths.enumerated() { digests[index] = digest(of: path) }
    }

    private func digest(of path: FilePath) -> [UInt8]? {
      var status = stat()
      guard stat(path.terminated, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      let descriptor = open(path.terminated, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0, let digest = Digest(.sha256) else { return nil }
      defer { close(descriptor) }
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return withUnsafeTemporaryAllocation(byteCount: InputDigests.pieceSize, alignment: 64) { piece in
        while !isCancelled() {
          let count = read(descriptor, piece.baseAddress, piece.count)
          if count == 0 { return digest.finish() }
          if count < 0, errno != EINTR { return nil }
          digest.update(UnsafeRawBufferPointer(rebasing: piece.prefix(max(0, count))))
        }
        return nil
      }
    }
  }

  private static let pieceSize = 256 << 10

  private let job: Job
  private var thread: pthread_t?

  /// Begins to compute the digests.
  ///
  /// - Parameters:
  ///   - paths: the names of the files.
  ///   - isCancelled: a function that returns whether no digests are wanted any more, called from another thread.
  public init(of paths: [FilePath], isCancelled: @escaping @Sendable () -> Bool) {
    job = Job(paths, isCancelled)
    do throws(SystemError) { thread = try KernelCalls().makeThread { [job] in job.run() } } catch {}
  }

  /// Waits for the digests; without a thread they are computed now.
  ///
  /// - Returns: the digest of each file; nil for one that is no regular file, cannot be read, or was not read to its end.
  public func wait() -> [[UInt8]?] {
    if let thread { pthread_join(thread, nil) } else { job.run() }
    thread = nil
    return job.digests
  }

  deinit { if let thread { pthread_join(thread, nil) } }
}
