// The body of Call (invocation.h).
#pragma once

#include "mainstay/rpc/status.h"

namespace mainstay::cli {

template <class Service, class Request, class Response>
Result<Response> Call(Invocation& invocation,
                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  MAINSTAY_TRY_ASSIGN(channel, invocation.Channel());
  const auto stub = Service::NewStub(channel);
  grpc::ClientContext context;
  invocation.AskFor(context);
  Response response;
  const grpc::Status status = (stub.get()->*method)(&context, request, &response);
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  invocation.Answered(context);
  return response;
}

}  // namespace mainstay::cli
