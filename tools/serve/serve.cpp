// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// rondo serve: the files of a directory over HTTP.
#include <fmt/format.h>
#include <unistd.h>
#include <string>

#include <rondo/http/files/files.hpp>
#include <rondo/http/files/gzip.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/rondo.hpp>
#include <rondo/tls.hpp>

#include "command.hpp"
#include "terminal/output.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

namespace http = rondo::http;

struct serve_options {
  std::string directory = ".";
  std::string address = "127.0.0.1";
  std::uint16_t port = 8000;
  std::string certificate;
  std::string key;
  bool hidden = false;
  bool no_links = false;
  bool no_listing = false;
  bool compress = false;
  bool quiet = false;
  double grace = 5;

  bool over_tls() const { return !certificate.empty(); }
};

http::router make_site(const serve_options& options) {
  http::file_options how;
  how.hidden = options.hidden;
  how.links = !options.no_links;
  how.listing = !options.no_listing;
  http::router site;
  if (options.compress) site.use(http::gzip());
  site.get("/{path...}", http::files(options.directory, how));
  return site;
}

rondo::task<http::server> start(http::router& site, const serve_options& options) {
  if (!options.over_tls())
    co_return co_await http::start_server(site, options.address, options.port);
  auto context = rondo::tls_context::server(options.certificate, options.key);
  co_return co_await http::start_tls_server(site, options.address, options.port, context);
}

rondo::task<> serve(const serve_options& options) {
  http::router site = make_site(options);
  http::server server = co_await start(site, options);
  if (!options.quiet) {
    output(STDOUT_FILENO)
        .write(fmt::format("Serving {} at {}://{}/ until Ctrl-C\n", printable(options.directory),
                           options.over_tls() ? "https" : "http", server.address().to_string()));
    server.set_access_log(http::log_to(STDOUT_FILENO));
  }
  co_await server.serve_forever(seconds(options.grace));
}

int run(serve_options& options) {
  if (options.certificate.empty() != options.key.empty())
    throw usage_mistake("--cert and --key go together");
  run_until_told(serve(options));
  return exit_ok;
}

void add_options(CLI::App& app, serve_options& o) {
  app.add_option("DIR", o.directory, "What to serve [.]");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_value(app, "-p,--port", o.port, "PORT", "Its port; 0 for any that is free [8000]");
  add_value(app, "-b,--bind", o.address, "ADDRESS",
            "Its address; 0.0.0.0 or :: for whoever can reach this machine [127.0.0.1]");
  add_value(app, "--cert", o.certificate, "FILE", "Over TLS, with this certificate (PEM)");
  add_value(app, "--key", o.key, "FILE", "The certificate's key (PEM)");
  app.add_flag("--hidden", o.hidden, "Also names that begin with a dot");
  app.add_flag("--no-links", o.no_links,
               "No symbolic links, not even those that stay inside of DIR");
  app.add_flag("--no-listing", o.no_listing, "No pages that list directories");
  app.add_flag("--gzip", o.compress, "Compress what is worth it");
  add_seconds(app, "--grace", o.grace, 0.0, 1e6, "For what is being sent, after Ctrl-C [5]");
  app.add_flag("-q,--quiet", o.quiet, "Nothing but errors");
}

}  // namespace

subcommand add_serve(CLI::App& rondo) {
  return add_command(rondo, "serve", "Serve the files of a directory over HTTP", add_options, run);
}

}  // namespace tool
