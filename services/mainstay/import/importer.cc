#include "importer.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <thread>
#include <tuple>

#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/rpc/status.h"
#include "mainstay/wire/cloud_event.h"

namespace mainstay::import {
namespace {

namespace q = query::v1;

constexpr std::size_t kEventsPerRequest = 500;
constexpr std::size_t kBytesPerRequest = 4 << 20;

void Fill(q::Event& out, const wire::Envelope& envelope) {
  out.set_id(envelope.id);
  out.set_source(envelope.source);
  out.set_type(envelope.type);
  out.set_time(FormatInstant(envelope.time));
  out.set_partitionkey(envelope.book);
  out.set_subject(envelope.client);
  out.set_protobuf(envelope.data);
}

// The end of the batch that begins at `first`. Equal times are never cut apart: the log then has every event of
// one instant before any service takes the first, whatever the batches.
std::size_t BatchEnd(const std::vector<PreparedEvent>& events, std::size_t first) {
  std::size_t bytes = 0;
  std::size_t end = first;
  while (end < events.size()) {
    const bool full = end - first >= kEventsPerRequest || bytes >= kBytesPerRequest;
    if (full && events[end].envelope.time != events[end - 1].envelope.time) break;
    bytes += events[end].envelope.data.size();
    ++end;
  }
  return end;
}

void Count(ImportReport& report, const PreparedEvent& event, const q::Acknowledgement& ack) {
  switch (ack.verdict()) {
    case q::Acknowledgement::ALREADY_SEEN: report.duplicates += event.rows; return;
    case q::Acknowledgement::REJECTED: {
      const Error error{ErrorCode::kInvalidArgument, Recovery::kStopTask, ack.reason(), ack.field()};
      RowPlace place = event.place;
      if (!event.source_line.empty()) {
        place.column = static_cast<std::uint32_t>(wire::ErrorColumn(event.source_line, error));
      }
      report.rejected += event.rows;
      report.errors.push_back({place, Describe(error)});
      return;
    }
    default: report.accepted += event.rows; return;
  }
}

ImportReport Start(PreparedImport& prepared) {
  return {prepared.rows, 0, 0, prepared.rejected, prepared.skipped_no_client, std::move(prepared.errors)};
}

void SortErrors(ImportReport& report) {
  std::sort(report.errors.begin(), report.errors.end(), [](const RowError& a, const RowError& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) < std::tie(b.place.file, b.place.line, b.place.column);
  });
}

}  // namespace

ImportReport DryRunReport(PreparedImport prepared) {
  ImportReport report = Start(prepared);
  for (const PreparedEvent& event : prepared.events) report.accepted += event.rows;
  SortErrors(report);
  return report;
}

Result<ImportReport> PublishImport(PreparedImport prepared, const std::shared_ptr<grpc::Channel>& channel,
                                   const Progress& progress) {
  ImportReport report = Start(prepared);
  const std::vector<PreparedEvent>& events = prepared.events;
  const auto stub = q::EventService::NewStub(channel);
  grpc::ClientContext context;
  const auto stream = stub->PublishStream(&context);
  // A writer of its own keeps the pipe full while the answers come in; gRPC's flow control bounds it.
  std::thread writer([&] {
    for (std::size_t first = 0; first < events.size();) {
      q::PublishRequest request;
      request.set_wait(q::PublishRequest::PROCESSED);
      const std::size_t end = BatchEnd(events, first);
      for (; first < end; ++first) Fill(*request.add_events(), events[first].envelope);
      if (!stream->Write(request)) return;
    }
    stream->WritesDone();
  });
  std::size_t next = 0;
  q::PublishResponse response;
  while (stream->Read(&response)) {
    for (const q::Acknowledgement& ack : response.acknowledgements()) {
      if (next < events.size()) Count(report, events[next++], ack);
    }
    progress(next, events.size());
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  if (next != events.size()) {
    return Fail(ErrorCode::kInternal, "the system acknowledged " + std::to_string(next) + " of " +
                                          std::to_string(events.size()) + " events; import again, nothing is doubled");
  }
  SortErrors(report);
  return report;
}

}  // namespace mainstay::import
