// A gRPC server with health checking and reflection, on a port, in process, or both.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/result.h"

namespace mainstay::rpc {

struct ServerOptions {
  std::string listen;  // "127.0.0.1:7400"; port 0 picks a free one; empty: in process only.
};

class Server {
 public:
  // Serves `services` (which outlive the server) from now on. kUnavailable with the address if it is taken.
  [[nodiscard]] static Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                             const std::vector<grpc::Service*>& services);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The address bound, with the real port; empty when in process only.
  [[nodiscard]] const std::string& address() const;
  // A channel to this server without a socket. Any thread.
  [[nodiscard]] std::shared_ptr<grpc::Channel> InProcessChannel();
  // NOT_SERVING at once; running calls get `grace` to end. Idempotent.
  void Shutdown(Duration grace);

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A channel to a server elsewhere. Never fails; the first call does.
[[nodiscard]] std::shared_ptr<grpc::Channel> Connect(const std::string& address);

}  // namespace mainstay::rpc
