internal import Glibc
internal import Paths
internal import Report

extension FlowFileFactory {
  /// Records what report.html shows, in the connections that begin from now on.
  ///
  /// The record of a shard goes to files, of which the merge makes the page.
  public func recordReport() {
    let recorder = ReportRecorder(store.directory, scopes: store.options.keyScopes)
    reporter = recorder
    http?.reporter = recorder
  }

  /// Writes report.html, if it was recorded; called after the last connection, before ``finish(report:)``.
  ///
  /// The page is complete or absent, whenever the process is killed. An error is the ``firstError`` if there was none before.
  ///
  /// - Parameter report: the contents of run.json.
  public func writeReport(_ report: RunReport) {
    guard let reporter else { return }
    flushBuffers()
    if let files = reporter.pageFiles { return files.finish() }
    guard let page = reporter.page(JSONValue(report.json()) ?? .object([])) else {
      reportFailure = OutputError(path: store.directory.path.appending(ReportRecorder.name), reason: .system(SystemError(code: ENOTSUP)))
      return
    }
    do throws(OutputError) {
      try store.directory.write(page, as: ReportRecorder.name)
    } catch {
      reportFailure = error
    }
  }
}
