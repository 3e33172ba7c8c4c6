#include "mainstay/rpc/server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <mutex>

#include "plugins.h"

namespace mainstay::rpc {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;

}  // namespace

struct Server::State {
  std::unique_ptr<grpc::Server> server;
  std::string address;
  std::once_flag stopped;
};

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                              const std::vector<grpc::Service*>& services) {
  EnablePlugins();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  if (!options.listen.empty()) builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  auto state = std::make_unique<State>();
  state->server = builder.BuildAndStart();
  if (!state->server || (!options.listen.empty() && port == 0)) {
    return Fail(ErrorCode::kUnavailable, "cannot listen on " + options.listen + ": the address is taken or not ours; " +
                                             "choose another with --listen HOST:PORT");
  }
  if (!options.listen.empty()) {
    state->address = options.listen.substr(0, options.listen.rfind(':')) + ":" + std::to_string(port);
  }
  state->server->GetHealthCheckService()->SetServingStatus(true);
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { Shutdown(Duration{0}); }

const std::string& Server::address() const { return state_->address; }

std::shared_ptr<grpc::Channel> Server::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  return state_->server->InProcessChannel(arguments);
}

void Server::Shutdown(Duration grace) {
  std::call_once(state_->stopped, [&] {
    state_->server->GetHealthCheckService()->SetServingStatus(false);
    state_->server->Shutdown(std::chrono::system_clock::now() + grace);
    state_->server->Wait();
  });
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace mainstay::rpc
