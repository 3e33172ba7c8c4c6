// A gRPC server that answers nothing itself: it asks a router for each call and passes it on, as bytes, to a channel,
// which may be a server in this process or another process. Unary and streaming calls alike; deadlines, cancellation,
// metadata and the status go through unchanged.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::rpc {

using CallMetadata = std::vector<std::pair<std::string, std::string>>;

struct RoutedCall {
  std::string method;                                // "/mainstay.query.v1.CadenceService/ListRisks"
  std::multimap<std::string, std::string> metadata;  // Of the caller.
  std::string first_message;                         // Its bytes; empty if there was none.
};

struct Route {
  std::shared_ptr<grpc::Channel> channel;
  CallMetadata metadata;                   // For the next server, beside the caller's own.
  std::function<CallMetadata()> trailing;  // Asked at the end of the call, for the caller; may be empty.
};

// Called from the server's own threads; may block. The error becomes the status.
using Router = std::function<Result<Route>(const RoutedCall& call)>;
// At the end of every call; any thread.
using CallObserver = std::function<void(const std::string& method, const std::string& code, double seconds)>;

class RoutingServer {
 public:
  // Serves from now on. kUnavailable with the address if it is taken.
  [[nodiscard]] static Result<std::unique_ptr<RoutingServer>> Start(const std::string& listen, Router router,
                                                                    CallObserver observer);
  ~RoutingServer();
  RoutingServer(const RoutingServer&) = delete;
  RoutingServer& operator=(const RoutingServer&) = delete;

  [[nodiscard]] const std::string& address() const;  // With the real port.
  // gRPC health of a service name; "" is the server as a whole. Any thread.
  void SetHealth(const std::string& name, bool serving);
  // Running calls get `grace` to end. Idempotent.
  void Shutdown(Duration grace);

 private:
  struct State;
  explicit RoutingServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A server with nothing but gRPC health, for a port of its own.
class HealthServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HealthServer>> Start(const std::string& listen);
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;
  void SetHealth(const std::string& name, bool serving);

 private:
  struct State;
  explicit HealthServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mainstay::rpc
