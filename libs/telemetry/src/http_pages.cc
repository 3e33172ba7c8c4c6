#include "mainstay/telemetry/http_pages.h"

#include <CivetServer.h>

#include <vector>

namespace mainstay::telemetry {
namespace {

void Answer(mg_connection* connection, int status, const std::string& type, const std::string& body) {
  mg_printf(connection, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
            status,
            status == 200   ? "OK"
            : status == 404 ? "Not Found"
                            : "Service Unavailable",
            type.c_str(), body.size());
  mg_write(connection, body.data(), body.size());
}

class Pages final : public CivetHandler {
 public:
  Pages(const Metrics& metrics, const Health& health) : metrics_(metrics), health_(health) {}

  bool handleGet(CivetServer*, mg_connection* connection) override {
    const std::string path = mg_get_request_info(connection)->local_uri;
    const HealthState state = health_.state();
    const auto probe = [&](bool ok, const std::string& reason) {
      Answer(connection, ok ? 200 : 503, "text/plain; charset=utf-8", (ok ? "ok" : reason) + "\n");
    };
    if (path == "/metrics") {
      Answer(connection, 200, "text/plain; version=0.0.4; charset=utf-8", metrics_.Text());
    } else if (path == "/live") {
      probe(true, {});
    } else if (path == "/ready") {
      probe(state.ready, state.reason);
    } else if (path == "/started") {
      probe(state.started, state.reason);
    } else {
      Answer(connection, 404, "text/plain; charset=utf-8", "there are /metrics, /live, /ready and /started\n");
    }
    return true;
  }

 private:
  const Metrics& metrics_;
  const Health& health_;
};

}  // namespace

struct HttpPages::State {
  State(const Metrics& metrics, const Health& health) : pages(metrics, health) {}
  Pages pages;
  std::unique_ptr<CivetServer> server;
  std::string address;
};

Result<std::unique_ptr<HttpPages>> HttpPages::Start(const std::string& listen, const Metrics& metrics,
                                                    const Health& health) {
  auto state = std::make_unique<State>(metrics, health);
  try {
    const std::vector<std::string> options = {"listening_ports", listen, "num_threads", "2"};
    state->server = std::make_unique<CivetServer>(options);
  } catch (const CivetException&) {
    return Fail(ErrorCode::kUnavailable, "cannot listen on " + listen +
                                             ": the address is taken or not ours; set "
                                             "metrics_listen to another, or to off");
  }
  state->server->addHandler("", &state->pages);
  const std::vector<int> ports = state->server->getListeningPorts();
  state->address = listen.substr(0, listen.rfind(':')) + ":" + std::to_string(ports.empty() ? 0 : ports.front());
  return std::unique_ptr<HttpPages>(new HttpPages(std::move(state)));
}

HttpPages::HttpPages(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpPages::~HttpPages() = default;
const std::string& HttpPages::address() const { return state_->address; }

}  // namespace mainstay::telemetry
