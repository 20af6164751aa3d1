internal import Glibc

extension RunMarker {
  /// Number of attempts to get the lock, 10 ms apart.
  ///
  /// A run that only examines a marker holds its lock for a moment.
  private static let attempts = 10

  /// Creates the marker, or opens the marker of an earlier run, and locks it.
  ///
  /// - Parameters:
  ///   - directory: the descriptor of the output directory.
  ///   - calls: the system calls.
  ///   - mayMake: called before a marker is created; throws to prevent it.
  /// - Returns: the locked marker.
  /// - Throws: `inUse` if another process holds the lock, `reservedNameTaken` if the name belongs to something else, and the errors of
  ///   `mayMake`.
  static func take(in directory: Int32, calls: any SystemCalls, mayMake: () throws(Failure) -> Void) throws(Failure) -> RunMarker {
    for _ in 0..<attempts {
      guard let found = try find(in: directory, calls, mayMake) else { continue }
      try lock(found)
      if try found.isInPlace(directory) { return found }
      // Its run has ended meanwhile and removed it.
    }
    throw Failure(.inUse)
  }

  /// Opens or creates the marker; nil if another process created one meanwhile.
  private static func find(
    in directory: Int32, _ calls: any SystemCalls, _ mayMake: () throws(Failure) -> Void
  ) throws(Failure) -> RunMarker? {
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: directory, terminatedName, flags: O_RDWR | O_NONBLOCK)
      return RunMarker(descriptor, in: directory, isNew: false, calls: calls)
    } catch {
      switch error.code {
      case ENOENT: break
      case ELOOP, EISDIR, ENXIO: throw Failure(.reservedNameTaken)
      default: throw Failure(.system(error))
      }
    }
    try mayMake()
    do throws(SystemError) {
      let descriptor = try calls.openUninterrupted(at: directory, terminatedName, flags: O_RDWR | O_CREAT | O_EXCL)
      return RunMarker(descriptor, in: directory, isNew: true, calls: calls)
    } catch {
      if error.code == EEXIST { return nil }
      throw Failure(.system(error))
    }
  }

  private static func lock(_ marker: RunMarker) throws(Failure) {
    for attempt in 1... {
      do throws(SystemError) {
        return try marker.calls.lock(marker.descriptor)
      } catch {
        switch error.code {
        case EINTR: continue
        case EWOULDBLOCK where attempt < attempts: usleep(10_000)
        case EWOULDBLOCK: throw Failure(.inUse)
        // Not every file system supports locks. A single run is possible without them.
        default: return
        }
      }
    }
  }

  /// Whether the locked file is a regular one and still has the name of the marker.
  private func isInPlace(_ directory: Int32) throws(Failure) -> Bool {
    let status: FileStatus
    let named: FileStatus
    do throws(SystemError) {
      status = try calls.status(of: descriptor)
      named = try calls.status(at: directory, Self.terminatedName)
    } catch {
      if error.code == ENOENT { return false }
      throw Failure(.system(error))
    }
    guard status.isRegular else { throw Failure(.reservedNameTaken) }
    return named.isSameFile(as: status)
  }

  /// The reason why a marker could not be taken.
  struct Failure: Error {
    let reason: OutputError.Reason

    init(_ reason: OutputError.Reason) { self.reason = reason }
  }
}
