#include "receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>

#include "mainstay/base/check.h"

namespace mainstay::webhook_sender::testing {
namespace {

constexpr char kTlsHandshake = 0x16;  // A caller that wants TLS gets a plain answer.

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Appends what arrives; false: the peer is gone.
bool ReceiveMore(int fd, std::string& buffer) {
  char chunk[4096];
  const ssize_t got = recv(fd, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  buffer.append(chunk, static_cast<std::size_t>(got));
  return true;
}

void ReceiveUntilGone(int fd) {
  std::string ignored;
  while (ReceiveMore(fd, ignored)) ignored.clear();
}

bool SendForEver(int fd, const std::string& chunk) {
  while (SendAll(fd, chunk)) {
  }
  return false;
}

SeenRequest ParseHead(const std::string& head) {
  SeenRequest request;
  const std::size_t path = head.find(' ') + 1;
  request.path = head.substr(path, head.find(' ', path) - path);
  std::size_t at = head.find("\r\n") + 2;
  while (at < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    if (end == std::string::npos || colon == std::string::npos || colon > end) break;
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(tolower(c)); });
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    request.headers[name] = head.substr(value, end - value);
    at = end + 2;
  }
  return request;
}

std::string Simple(const std::string& status, const std::string& extra = "", const std::string& body = "thanks\n") {
  return "HTTP/1.1 " + status + " X\r\n" + extra + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

Receiver::Receiver(bool reads) : reads_(reads) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  MAINSTAY_CHECK(listener_ >= 0 && bind(listener_, generic, size) == 0 && listen(listener_, 128) == 0 &&
                     getsockname(listener_, generic, &size) == 0,
                 "no loopback port for the test");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { AcceptLoop(); });
}

Receiver::~Receiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : fds_) shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  for (const int fd : fds_) close(fd);
  close(listener_);
}

std::string Receiver::Url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

std::vector<SeenRequest> Receiver::Seen() {
  const std::lock_guard lock(mutex_);
  return seen_;
}

std::size_t Receiver::Connections() {
  const std::lock_guard lock(mutex_);
  return fds_.size();
}

bool Receiver::WaitForRequests(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds{30}, [&] { return seen_.size() >= count; });
}

void Receiver::Release() {
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
  }
  changed_.notify_all();
}

void Receiver::WaitForRelease() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return released_ || stopping_; });
}

void Receiver::AcceptLoop() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    fds_.push_back(fd);
    if (stopping_) shutdown(fd, SHUT_RDWR);
    if (reads_) threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

// The socket is shut down here and closed by the destructor, so its number is not used twice meanwhile.
void Receiver::Serve(int fd) {
  std::string buffer;
  while (ServeOne(fd, buffer)) {
  }
  shutdown(fd, SHUT_RDWR);
}

bool Receiver::ServeOne(int fd, std::string& buffer) {
  std::size_t end = buffer.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!ReceiveMore(fd, buffer)) return false;
    if (buffer[0] == kTlsHandshake) return SendAll(fd, Simple("400")) && false;
    end = buffer.find("\r\n\r\n");
  }
  SeenRequest request = ParseHead(buffer.substr(0, end + 2));
  buffer.erase(0, end + 4);
  const std::size_t length = std::stoul(request.headers["content-length"]);
  while (buffer.size() < length) {
    if (!ReceiveMore(fd, buffer)) return false;
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  const std::string path = request.path;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(request));
  }
  changed_.notify_all();
  return Answer(fd, path);
}

bool Receiver::Answer(int fd, const std::string& path) {
  if (path.starts_with("/status/")) return SendAll(fd, Simple(path.substr(8, 3)));
  if (path == "/redirect") return SendAll(fd, Simple("302", "location: /trap\r\n"));
  if (path == "/retry-after") return SendAll(fd, Simple("429", "Retry-After: 7\r\n"));
  if (path == "/hold") WaitForRelease();
  if (path == "/stall") ReceiveUntilGone(fd);
  if (path == "/head-then-stall") {
    SendAll(fd, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n");
    ReceiveUntilGone(fd);
  }
  if (path == "/short") return SendAll(fd, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort") && false;
  if (path == "/endless") {
    return SendAll(fd, "HTTP/1.1 200 OK\r\n\r\n") && SendForEver(fd, std::string(4096, 'x') + "\x1b\n");
  }
  if (path == "/headers") {
    return SendAll(fd, "HTTP/1.1 200 OK\r\n") && SendForEver(fd, "x-more: " + std::string(1000, 'y') + "\r\n");
  }
  if (path == "/garbage") return SendAll(fd, "SSH-2.0-server\r\nnothing for you\r\n\r\n") && false;
  if (path == "/close" || path == "/stall" || path == "/head-then-stall") return false;
  return SendAll(fd, Simple("200"));
}

}  // namespace mainstay::webhook_sender::testing
