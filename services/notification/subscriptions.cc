#include "subscriptions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "filter_request.h"
#include "mainstay/notification/filter.h"
#include "mainstay/rpc/status.h"
#include "mainstay/wire/cloud_event.h"
#include "merged_log.h"
#include "public_event.h"
#include "random_text.h"
#include "state.h"

namespace mainstay::notification {
namespace {

namespace q = query::v1;
using Clock = std::chrono::steady_clock;

constexpr Duration kNewsSlice = std::chrono::milliseconds{100};  // How long a stop may wait for an idle stream.
constexpr std::size_t kKeyBytes = 32;

// Public topics in the order of ties, and the types on them.
struct PublicTopic {
  const char* name;
  std::vector<std::string_view> types;
};
const std::vector<PublicTopic>& PublicTopics() {
  static const std::vector<PublicTopic> kTopics = {
      {".segments",
       {"mainstay.segment.SegmentChanged.v1", "mainstay.segment.ReviewProposed.v1",
        "mainstay.segment.ReviewDecided.v1"}},
      {".cadence-events",
       {"mainstay.cadence.TouchFellDue.v1", "mainstay.cadence.TouchBecameOverdue.v1",
        "mainstay.cadence.TouchCleared.v1", "mainstay.cadence.ReviewFellDue.v1",
        "mainstay.cadence.ReviewBecameOverdue.v1", "mainstay.cadence.RenewalCheckpointReached.v1"}},
      {".churn-risk", {"mainstay.risk.ChurnRiskChanged.v1"}},
      {".model-parameters", {"mainstay.model.ParametersFitted.v1"}},
      {".upsell-prompts",
       {"mainstay.prompt.PromptIssued.v1", "mainstay.prompt.PromptAccepted.v1", "mainstay.prompt.PromptSnoozed.v1",
        "mainstay.prompt.PromptDismissed.v1", "mainstay.prompt.PromptWithdrawn.v1", "mainstay.prompt.PromptWon.v1",
        "mainstay.prompt.PromptLost.v1", "mainstay.prompt.CreditPosted.v1"}},
      {".delivery-events", {"mainstay.delivery.EndpointDisabled.v1", "mainstay.delivery.DeliveryExhausted.v1"}},
  };
  return kTopics;
}

}  // namespace

class Subscriptions::Stream final : public SubscribeReactor {
 public:
  explicit Stream(Subscriptions& owner) : owner_(owner) {}

  void Begin() { StartRead(&request_); }
  void Run();
  void Stop();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // What gRPC's threads say to the stream's.
  struct Signals {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<q::SubscribeStart> start;
    std::uint64_t credit = 0;
    bool reads_over = false;  // The client sends nothing any more.
    bool bad_message = false;
    bool stopping = false;
    bool cancelled = false;
    bool done = false;
    std::optional<bool> written;
  };
  struct Source {
    MergedLog log;
    Filter filter;
    TokenSealer sealer;
  };

  [[nodiscard]] grpc::Status Serve();
  [[nodiscard]] Result<q::SubscribeStart> AwaitStart();
  [[nodiscard]] Result<Source> MakeSource(const q::SubscribeStart& start) const;
  [[nodiscard]] Result<void> Pump(Source& source, bool until_end);
  // An error ends the stream.
  [[nodiscard]] Result<void> CheckSignals(const Source& source);
  // The event as JSON; empty: not wanted.
  [[nodiscard]] static std::string Wanted(const Filter& filter, const stream::Record& record);
  [[nodiscard]] Result<bool> TakeCredit(const Source& source);  // False: there will never be any.
  [[nodiscard]] Result<void> KeepAlive(const Source& source);
  [[nodiscard]] Result<void> Send(const Source& source, std::string event_json);

  Subscriptions& owner_;
  q::SubscribeRequest request_;
  q::SubscribeResponse response_;
  Clock::time_point last_sent_ = Clock::now();
  // Shared, because OnDone's thread may still hold it when the stream is gone.
  std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
};

void Subscriptions::Stream::OnReadDone(bool ok) {
  bool more = ok;
  {
    const std::lock_guard lock(signals_->mutex);
    if (!ok) {
      signals_->reads_over = true;
    } else if (request_.has_start() && !signals_->start) {
      signals_->start = request_.start();
      signals_->credit += request_.start().num_requested();
    } else if (!request_.has_start() && signals_->start) {
      signals_->credit += request_.num_requested();
    } else {
      signals_->bad_message = true;
      more = false;
    }
    signals_->changed.notify_all();
  }
  if (more) StartRead(&request_);
}

void Subscriptions::Stream::OnWriteDone(bool ok) {
  const std::lock_guard lock(signals_->mutex);
  signals_->written = ok;
  signals_->changed.notify_all();
}

void Subscriptions::Stream::OnCancel() {
  const std::lock_guard lock(signals_->mutex);
  signals_->cancelled = true;
  signals_->changed.notify_all();
}

void Subscriptions::Stream::OnDone() {
  const std::shared_ptr<Signals> signals = signals_;
  const std::lock_guard lock(signals->mutex);
  signals->done = true;
  signals->changed.notify_all();
}

void Subscriptions::Stream::Stop() {
  const std::lock_guard lock(signals_->mutex);
  signals_->stopping = true;
  signals_->changed.notify_all();
}

void Subscriptions::Stream::Run() {
  Finish(Serve());
  std::unique_lock lock(signals_->mutex);
  signals_->changed.wait(lock, [&] { return signals_->done; });
}

grpc::Status Subscriptions::Stream::Serve() {
  const Result<q::SubscribeStart> start = AwaitStart();
  if (!start) return rpc::ToStatus(start.error());
  Result<Source> source = MakeSource(*start);
  if (!source) return rpc::ToStatus(source.error());
  return rpc::Answered(Pump(*source, start->until_end()));
}

Result<q::SubscribeStart> Subscriptions::Stream::AwaitStart() {
  std::unique_lock lock(signals_->mutex);
  signals_->changed.wait(lock, [&] {
    return signals_->start || signals_->reads_over || signals_->bad_message || signals_->stopping ||
           signals_->cancelled;
  });
  if (signals_->start) return *signals_->start;
  if (signals_->stopping) return Fail(ErrorCode::kUnavailable, "the server is shutting down");
  return InvalidField("start", "the first message must be `start`");
}

Result<Subscriptions::Stream::Source> Subscriptions::Stream::MakeSource(const q::SubscribeStart& start) const {
  MAINSTAY_TRY_ASSIGN(filter, ParseFilter(start.filter()));
  MAINSTAY_TRY_ASSIGN(sealer, owner_.Sealer());
  const app::LogReader& reader = *owner_.commands_.system().log;
  MergedLog log(reader, owner_.TopicsOf(filter.Format().types));
  if (start.from().empty() || start.from() == "latest") {
    MAINSTAY_TRY(log.SeekLatest());
  } else if (start.from() == "earliest") {
    MAINSTAY_TRY(log.SeekEarliest());
  } else {
    MAINSTAY_TRY_ASSIGN(position, sealer.Open(start.from()));
    MAINSTAY_TRY(log.Seek(position));
  }
  if (start.until_end()) MAINSTAY_TRY(log.StopAtEnds());
  return Source{std::move(log), std::move(filter), std::move(sealer)};
}

Result<void> Subscriptions::Stream::Pump(Source& source, bool until_end) {
  const app::LogReader& reader = *owner_.commands_.system().log;
  std::uint64_t news = reader.AwaitNews(0, Duration{0});
  MAINSTAY_TRY(Send(source, {}));  // Where the stream begins: an interrupted start misses nothing either.
  for (;;) {
    MAINSTAY_TRY(CheckSignals(source));
    MAINSTAY_TRY(KeepAlive(source));
    MAINSTAY_TRY_ASSIGN(record, source.log.Peek(news));
    if (record == nullptr) {
      if (until_end && source.log.done()) return Send(source, {});
      news = reader.AwaitNews(news, kNewsSlice);
      continue;
    }
    std::string event_json = Wanted(source.filter, *record);
    if (event_json.empty()) {
      source.log.Pop();
      continue;
    }
    MAINSTAY_TRY_ASSIGN(granted, TakeCredit(source));
    if (!granted) return {};
    source.log.Pop();
    MAINSTAY_TRY(Send(source, std::move(event_json)));
  }
}

Result<void> Subscriptions::Stream::CheckSignals(const Source& source) {
  bool stopping = false;
  {
    const std::lock_guard lock(signals_->mutex);
    if (signals_->cancelled) return Fail(ErrorCode::kUnavailable, "the client has gone");
    if (signals_->bad_message) return InvalidField("kind", "after the first message only num_requested may be sent");
    stopping = signals_->stopping;
  }
  if (!stopping) return {};
  MAINSTAY_TRY(Send(source, {}));
  return Fail(ErrorCode::kUnavailable, "the server is shutting down; go on with the last token");
}

std::string Subscriptions::Stream::Wanted(const Filter& filter, const stream::Record& record) {
  const Result<PublicEvent> event = PublicEvent::Read(record.value);
  // Others may write to a topic in a broker; what is no event of ours, or of a newer version, is not for this stream.
  if (!event || !Matches(filter, event->attributes())) return {};
  return wire::FormatCloudEvent(wire::Copy(event->head())).value_or(std::string());
}

Result<bool> Subscriptions::Stream::TakeCredit(const Source& source) {
  for (;;) {
    MAINSTAY_TRY(CheckSignals(source));
    MAINSTAY_TRY(KeepAlive(source));
    std::unique_lock lock(signals_->mutex);
    signals_->changed.wait_for(lock, owner_.keep_alive_, [&] {
      return signals_->credit > 0 || signals_->reads_over || signals_->bad_message || signals_->stopping ||
             signals_->cancelled;
    });
    if (signals_->credit > 0) {
      --signals_->credit;
      return true;
    }
    if (signals_->reads_over && !signals_->cancelled && !signals_->stopping) return false;
  }
}

Result<void> Subscriptions::Stream::KeepAlive(const Source& source) {
  if (Clock::now() - last_sent_ < owner_.keep_alive_) return {};
  return Send(source, {});
}

Result<void> Subscriptions::Stream::Send(const Source& source, std::string event_json) {
  response_.set_event_json(std::move(event_json));
  response_.set_token(source.sealer.Seal(source.log.position()));
  {
    const std::lock_guard lock(signals_->mutex);
    signals_->written.reset();
  }
  StartWrite(&response_);
  std::unique_lock lock(signals_->mutex);
  signals_->changed.wait(lock, [&] { return signals_->written.has_value(); });
  last_sent_ = Clock::now();
  if (!*signals_->written) return Fail(ErrorCode::kUnavailable, "the client has gone");
  return {};
}

Subscriptions::Subscriptions(const Commands& commands, std::string prefix, Duration keep_alive)
    : commands_(commands), prefix_(std::move(prefix)), keep_alive_(keep_alive) {}

Subscriptions::~Subscriptions() {
  Shutdown();
  std::unique_lock lock(mutex_);
  empty_.wait(lock, [this] { return running_ == 0; });
}

SubscribeReactor* Subscriptions::Open() {
  auto* stream = new Stream(*this);  // Deleted by its thread.
  {
    const std::lock_guard lock(mutex_);
    streams_.insert(stream);
    ++running_;
    if (stopping_) stream->Stop();
  }
  stream->Begin();
  std::thread([this, stream] {
    stream->Run();
    Ended(stream);
  }).detach();
  return stream;
}

void Subscriptions::Ended(Stream* stream) {
  {
    const std::lock_guard lock(mutex_);
    streams_.erase(stream);
  }
  delete stream;
  const std::lock_guard lock(mutex_);
  --running_;
  empty_.notify_all();
}

void Subscriptions::Shutdown() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (Stream* stream : streams_) stream->Stop();
}

Result<TokenSealer> Subscriptions::Sealer() const {
  const app::StateReader& state = *commands_.system().state;
  for (bool made = false;; made = true) {
    MAINSTAY_TRY_ASSIGN(snapshot, state.ReadShard("notification", 0));
    MAINSTAY_TRY_ASSIGN(key, snapshot->Get(kKeys, kStreamKey));
    if (key) return TokenSealer(std::move(*key));
    if (made) return Fail(ErrorCode::kUnavailable, "the key of the resume tokens cannot be read yet; try again");
    MAINSTAY_TRY_ASSIGN(bytes, RandomBytes(kKeyBytes));
    state::v1::NotificationCommand command;
    command.set_stream_key(std::move(bytes));
    MAINSTAY_TRY(commands_.Run(0, command));
  }
}

std::vector<std::string> Subscriptions::TopicsOf(const std::vector<std::string>& types) const {
  std::vector<std::string> topics;
  for (const PublicTopic& topic : PublicTopics()) {
    const bool wanted = types.empty() || std::any_of(types.begin(), types.end(), [&](const std::string& pattern) {
                          return std::any_of(topic.types.begin(), topic.types.end(),
                                             [&](std::string_view type) { return MatchesGlob(pattern, type); });
                        });
    if (wanted) topics.push_back(prefix_ + topic.name);
  }
  return topics;
}

}  // namespace mainstay::notification
