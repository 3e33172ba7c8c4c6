#include "doors.h"

#include <chrono>
#include <utility>
#include <vector>

#include "commands.h"
#include "inbox_door.h"
#include "mainstay/app/wall_clock.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/rpc/status.h"
#include "mainstay/webhook_sender/webhook_sender.h"
#include "proto_codec.h"
#include "secret_box.h"
#include "subscriptions.h"
#include "webhook_door.h"

namespace mainstay::notification {
namespace {

namespace q = query::v1;
using rpc::Answered;
using webhook_sender::Cidr;

class NotificationServiceImpl final
    : public q::NotificationService::WithCallbackMethod_Subscribe<q::NotificationService::Service> {
 public:
  NotificationServiceImpl(const Commands& commands, const stream::Topology& topology, std::vector<Cidr> allowed,
                          const Result<SecretBox>& box, Subscriptions& subscriptions)
      : commands_(commands),
        topology_(topology),
        allowed_(std::move(allowed)),
        box_(box),
        subscriptions_(subscriptions) {}

  SubscribeReactor* Subscribe(grpc::CallbackServerContext*) override { return subscriptions_.Open(); }
  grpc::Status ListInbox(grpc::ServerContext*, const q::ListInboxRequest* request,
                         q::ListInboxResponse* response) override {
    return Answered(notification::ListInbox(commands_, topology_, *request, *response));
  }
  grpc::Status Act(grpc::ServerContext*, const q::ActRequest* request, q::ActResponse* response) override {
    return Answered(ActOn(commands_, topology_, *request, *response));
  }
  grpc::Status AddWebhook(grpc::ServerContext*, const q::AddWebhookRequest* request,
                          q::AddWebhookResponse* response) override {
    return Answered(notification::AddWebhook(commands_, allowed_, box_, *request, *response));
  }
  grpc::Status ListWebhooks(grpc::ServerContext*, const q::ListWebhooksRequest*,
                            q::ListWebhooksResponse* response) override {
    return Answered(notification::ListWebhooks(commands_, topology_, *response));
  }
  grpc::Status ListAttempts(grpc::ServerContext*, const q::ListAttemptsRequest* request,
                            q::ListAttemptsResponse* response) override {
    return Answered(notification::ListAttempts(commands_, topology_, *request, *response));
  }
  grpc::Status RemoveWebhook(grpc::ServerContext*, const q::RemoveWebhookRequest* request,
                             q::RemoveWebhookResponse*) override {
    return Answered(notification::RemoveWebhook(commands_, *request));
  }
  grpc::Status RotateWebhook(grpc::ServerContext*, const q::RotateWebhookRequest* request,
                             q::RotateWebhookResponse* response) override {
    return Answered(notification::RotateWebhook(commands_, box_, *request, *response));
  }
  grpc::Status TestWebhook(grpc::ServerContext*, const q::TestWebhookRequest* request,
                           q::TestWebhookResponse* response) override {
    return Answered(notification::TestWebhook(commands_, *request, *response));
  }
  grpc::Status RedriveWebhook(grpc::ServerContext*, const q::RedriveWebhookRequest* request,
                              q::RedriveWebhookResponse* response) override {
    return Answered(notification::RedriveWebhook(commands_, *request, *response));
  }
  grpc::Status GetCalendar(grpc::ServerContext*, const q::GetCalendarRequest* request,
                           q::GetCalendarResponse* response) override {
    return Answered(notification::GetCalendar(commands_, topology_, *request, *response));
  }

 private:
  const Commands& commands_;
  const stream::Topology& topology_;
  const std::vector<Cidr> allowed_;
  const Result<SecretBox>& box_;
  Subscriptions& subscriptions_;
};

std::vector<Cidr> ParseCidrs(const std::vector<std::string>& texts) {
  std::vector<Cidr> cidrs;
  for (const std::string& text : texts) {
    if (const Result<Cidr> cidr = Cidr::Parse(text)) cidrs.push_back(*cidr);
  }
  return cidrs;
}

webhook_sender::SenderOptions SenderOptionsOf(const NotificationOptions& options) {
  webhook_sender::SenderOptions sender;
  sender.allowed_cidrs = ParseCidrs(options.allowed_cidrs);
  sender.ca_file = options.ca_file;
  sender.wall_clock = app::WallNow;
  return sender;
}

class NotificationDoors final : public app::Doors {
 public:
  NotificationDoors(const app::System& system, const stream::Topology& topology, const NotificationOptions& options)
      : commands_(system, topology),
        subscriptions_(commands_, PrefixOf(topology), options.keep_alive),
        box_(SecretBox::Open(options.secrets_key, options.secrets_key_file)),
        service_(commands_, topology, ParseCidrs(options.allowed_cidrs), box_, subscriptions_),
        wall_clock_(SenderOptionsOf(options).wall_clock),
        sender_(SenderOptionsOf(options), [this](webhook_sender::SendResult result) {
          Report(result.endpoint.raw(), result.delivery_id, result.attempt);
        }) {}

  std::vector<grpc::Service*> services() override { return {&service_}; }
  void OnEffect(std::int32_t partition, std::string bytes) override;
  void Shutdown() override {
    subscriptions_.Shutdown();
    sender_.Stop();
  }

 private:
  // "mainstay" of "mainstay.segments" and the like.
  static std::string PrefixOf(const stream::Topology& topology) {
    const std::string& internal = topology.inputs[topology.internal];
    return internal.substr(0, internal.size() - std::string(".notification.internal").size());
  }
  void Report(const std::string& endpoint, const std::string& delivery, const AttemptResult& attempt) const;
  [[nodiscard]] Result<webhook_sender::Secret> Unseal(const std::string& sealed) const;

  Commands commands_;
  Subscriptions subscriptions_;
  const Result<SecretBox> box_;  // An error keeps webhooks from being added and sent, nothing else.
  NotificationServiceImpl service_;
  std::function<Instant()> wall_clock_;
  webhook_sender::WebhookSender sender_;
};

void NotificationDoors::OnEffect(std::int32_t, std::string bytes) {
  state::v1::NotificationSend send;
  if (!send.ParseFromString(bytes)) return;  // Only our own processor makes these.
  const auto refused = [&](const Error& error) {
    Report(send.endpoint(), send.delivery(),
           webhook_sender::WebhookSender::ResultOf(error, send.attempt(), wall_clock_()));
  };
  // A key that is not at hand is no verdict on the delivery: the attempt is made again later.
  const auto locked = [&](Error error) {
    error.code = ErrorCode::kUnavailable;
    return refused(error);
  };
  Result<webhook_sender::Secret> secret = Unseal(send.secret());
  if (!secret) return locked(secret.error());
  webhook_sender::SendRequest request;
  request.delivery_id = send.delivery();
  request.endpoint = EndpointId{send.endpoint()};
  request.attempt = send.attempt();
  request.url = send.url();
  request.body = send.body();
  request.webhook_id = send.delivery();
  request.sequence = send.sequence();
  request.secrets = {std::move(*secret)};
  if (!send.old_secret().empty()) {
    Result<webhook_sender::Secret> old = Unseal(send.old_secret());
    if (!old) return locked(old.error());
    request.secrets.push_back(std::move(*old));
  }
  const Result<void> submitted = sender_.Submit(std::move(request));
  if (!submitted) refused(submitted.error());
}

Result<webhook_sender::Secret> NotificationDoors::Unseal(const std::string& sealed) const {
  if (!box_) return tl::unexpected(box_.error());
  MAINSTAY_TRY_ASSIGN(text, box_->Unseal(sealed));
  return webhook_sender::Secret::Parse(text);
}

void NotificationDoors::Report(const std::string& endpoint, const std::string& delivery,
                               const AttemptResult& attempt) const {
  state::v1::NotificationCommand command;
  auto& result = *command.mutable_result();
  result.set_endpoint(endpoint);
  result.set_delivery(delivery);
  Write(attempt, *result.mutable_attempt());
  commands_.Send(commands_.HomeOf(endpoint), command);
}

}  // namespace

std::unique_ptr<app::Doors> MakeNotificationDoors(const app::System& system, const stream::Topology& topology,
                                                  const NotificationOptions& options) {
  return std::make_unique<NotificationDoors>(system, topology, options);
}

}  // namespace mainstay::notification
