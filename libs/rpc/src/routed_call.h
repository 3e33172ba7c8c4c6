// One call on its way through a RoutingServer: the caller's side and the next server's side, tied together.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <functional>

#include "mainstay/rpc/routing_server.h"

namespace mainstay::rpc {

// Runs `work` on a thread that may block.
using RunBlocking = std::function<void(std::function<void()> work)>;

// Deletes itself when the call is over. All references outlive it.
[[nodiscard]] grpc::ServerGenericBidiReactor* NewRoutedCall(grpc::GenericCallbackServerContext* context,
                                                            const Router& router, const CallObserver& observer,
                                                            const RunBlocking& run_blocking);

}  // namespace mainstay::rpc
