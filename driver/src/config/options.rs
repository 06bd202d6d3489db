//! THE option table: both parsers, both printers, `Debug`, the checks and the manual page come from it.

use std::time::Duration;

use super::choice::{
    Command, FetchOrder, GrpcCompression, HandshakeMode, HostOrder, IdentifierQuote, LocationPolicy,
    OAuthClientAuth, OAuthFlow, ParameterMode, PlaceMode, RowCountCheck, SchemaCheck, Server, SqlDialect,
    StatementMode, TlsVersion, TransportKind, UnknownOptions,
};
use super::list::{HeaderName, LocationRewrite};
use super::pem::Pem;
use super::recycle::RecycleMethod;
use super::shape::{self, Shape, between};
use super::table::{
    Access, Action, Alias, ConfigOption, Group, Meaning, Scope, accessors, adbc, go, jdbc, odbc, options,
    python, short,
};
use super::{Config, address, value};
use crate::secret::Secret;

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;
const MIBS: usize = 1 << 20;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

options! {
    // Before `transport`, which they may imply and which then says whether that was meant.
    before [
        ConfigOption {
            key: "port",
            group: Group::Address,
            scope: Scope::Connect,
            aliases: &[],
            doc: "Port of every host that is written without one; 31337 where neither says.",
            secret: false,
            values: || "number".to_owned(),
            words: Vec::new,
            action: Action::Value(address::PORT),
        },
        ConfigOption {
            key: "host",
            group: Group::Address,
            scope: Scope::Connect,
            aliases: &[short("hosts"), short("hostname")],
            doc: "Servers, each `name`, `name:port` or `[IPv6]:port`; the next is tried when one does not answer.",
            secret: false,
            values: || "hosts with commas between them".to_owned(),
            words: Vec::new,
            action: Action::Value(address::HOST),
        },
        ConfigOption {
            key: "socket_path",
            group: Group::Address,
            scope: Scope::Connect,
            aliases: &[short("socket")],
            doc: "Path of a Unix socket; it implies `transport=unix`.",
            secret: false,
            values: || "path".to_owned(),
            words: Vec::new,
            action: Action::Value(address::SOCKET_PATH),
        },
    ]

    groups {
        Address {
            #[doc = "What carries the bytes; a scheme such as `grpc+tcp://` says the same."]
            transport, get_transport: OneOf<TransportKind> = TransportKind::Tls;
            Connect, [
                jdbc("useEncryption").means(Meaning::Encryption),
                go("tls").means(Meaning::GoTls),
                python("insecure").means(Meaning::Plaintext),
            ];

            #[doc = "Which of several hosts is tried first."]
            target, get_target: OneOf<HostOrder> = HostOrder::InOrder;
            Connect, [short("host_order")];

            #[doc = "Which server this is; the options it is known to need get other defaults, which an option of their own overrules."]
            server, get_server: OneOf<Server> = Server::Auto;
            Session, [];

            #[doc = "Database, the path of a URL; sent in the header that `database_header` names, or by `USE`."]
            database, get_database: Text = None;
            Session, [short("db"), python("bucket-name"), short("bucket")];

            #[doc = "Catalogue the session starts in."]
            catalog, get_catalog: Text = None;
            Session, [adbc("adbc.connection.catalog")];

            #[doc = "Schema the session starts in."]
            schema, get_schema: Text = None;
            Session, [adbc("adbc.connection.db_schema"), short("db_schema")];

            #[doc = "How the server is told `catalog` and `schema`."]
            place_mode, get_place_mode: OneOf<PlaceMode> = PlaceMode::SessionOptions;
            Session, [];

            #[doc = "The headers of every call that say `database`; none sends none."]
            database_header, get_database_header: List<HeaderName> = vec![HeaderName::from("database")];
            Session, [];
        }

        Login {
            #[doc = "User."]
            user, get_user: Text = None;
            Session, [adbc("username"), odbc("uid"), odbc("user id")];

            #[doc = "Password of the user."]
            password, get_password: Hidden = None;
            Session, [odbc("pwd")];

            #[doc = "File that holds the password, read at every login."]
            password_file, get_password_file: Text = None;
            Session, [];

            #[doc = "Bearer token, sent as `authorization: Bearer TOKEN`; with a user and password as well, the token is used."]
            token, get_token: HiddenHeader = None;
            Session, [short("bearer_token")];

            #[doc = "File that holds the bearer token; it is read again when it may have changed, and when a server refuses the token."]
            token_file, get_token_file: Text = None;
            Session, [];

            #[doc = "Shell command that prints the bearer token; run again when a server refuses the token, and every five minutes."]
            token_command, get_token_command: Text = None;
            Session, [];

            #[doc = "How a token is got by OAuth 2 (feature `oauth`)."]
            oauth_flow, get_oauth_flow: OneOf<OAuthFlow> = OAuthFlow::None;
            Session, [adbc("adbc.flight.sql.oauth.flow")];

            #[doc = "The token endpoint; `https`, or `http` on this machine."]
            oauth_token_uri, get_oauth_token_uri: Text = None;
            Session, [adbc("adbc.flight.sql.oauth.token_uri")];

            #[doc = "The endpoint that begins the flow `device_code`."]
            oauth_device_uri, get_oauth_device_uri: Text = None;
            Session, [];

            #[doc = "The client's id."]
            oauth_client_id, get_oauth_client_id: Text = None;
            Session, [adbc("adbc.flight.sql.oauth.client_id")];

            #[doc = "The client's secret."]
            oauth_client_secret, get_oauth_client_secret: Hidden = None;
            Session, [adbc("adbc.flight.sql.oauth.client_secret")];

            #[doc = "Where the client's id and secret stand in the request."]
            oauth_client_auth, get_oauth_client_auth: OneOf<OAuthClientAuth> = OAuthClientAuth::Basic;
            Session, [];

            #[doc = "The scopes asked for, with spaces between them."]
            oauth_scope, get_oauth_scope: Text = None;
            Session, [jdbc("oauth.exchange.scope"), adbc("adbc.flight.sql.oauth.scope"), adbc("adbc.flight.sql.oauth.exchange.scope")];

            #[doc = "The resource the token is for (RFC 8707)."]
            oauth_resource, get_oauth_resource: Text = None;
            Session, [jdbc("oauth.exchange.resource"), adbc("adbc.flight.sql.oauth.exchange.resource")];

            #[doc = "Whom the token is for."]
            oauth_audience, get_oauth_audience: Text = None;
            Session, [jdbc("oauth.exchange.aud"), adbc("adbc.flight.sql.oauth.exchange.aud")];

            #[doc = "The refresh token of the flow `refresh_token`."]
            oauth_refresh_token, get_oauth_refresh_token: Hidden = None;
            Session, [];

            #[doc = "The token to exchange."]
            oauth_subject_token, get_oauth_subject_token: Hidden = None;
            Session, [jdbc("oauth.exchange.subjectToken"), adbc("adbc.flight.sql.oauth.exchange.subject_token")];

            #[doc = "The type of the token to exchange; without one, `urn:ietf:params:oauth:token-type:access_token`."]
            oauth_subject_token_type, get_oauth_subject_token_type: Text = None;
            Session, [jdbc("oauth.exchange.subjectTokenType"), adbc("adbc.flight.sql.oauth.exchange.subject_token_type")];

            #[doc = "The token of who acts for the subject."]
            oauth_actor_token, get_oauth_actor_token: Hidden = None;
            Session, [jdbc("oauth.exchange.actorToken"), adbc("adbc.flight.sql.oauth.exchange.actor_token")];

            #[doc = "The type of that token."]
            oauth_actor_token_type, get_oauth_actor_token_type: Text = None;
            Session, [jdbc("oauth.exchange.actorTokenType"), adbc("adbc.flight.sql.oauth.exchange.actor_token_type")];

            #[doc = "The type of token asked for in exchange."]
            oauth_requested_token_type, get_oauth_requested_token_type: Text = None;
            Session, [jdbc("oauth.exchange.requestedTokenType"), adbc("adbc.flight.sql.oauth.exchange.requested_token_type")];

            #[doc = "What stands before a token in the `authorization` header, wherever the token comes from."]
            token_scheme, get_token_scheme: HeaderText = Some("Bearer".to_owned());
            Session, [];

            #[doc = "Logs in as this user with `token` (or what `token_file` holds) as the password, on servers that take tokens so."]
            token_user, get_token_user: Text = None;
            Session, [];

            #[doc = "The whole value of the `authorization` header, scheme and all; instead of a token or a password."]
            authorization, get_authorization: HiddenHeader = None;
            Session, [adbc("adbc.flight.sql.authorization_header"), adbc("authorization_header")];

            #[doc = "Whether Flight's Handshake is called."]
            handshake, get_handshake: OneOf<HandshakeMode> = HandshakeMode::Auto;
            Session, [];

            #[doc = "Whether cookies the server sets are sent back."]
            cookies, get_cookies: Flag = true;
            Session, [jdbc("retainCookies"), adbc("adbc.flight.sql.rpc.with_cookie_middleware"), adbc("with_cookie_middleware")];

            #[doc = "The HTTP/2 `:authority` to send instead of `host:port`."]
            authority, get_authority: HeaderText = None;
            Connect, [adbc("adbc.flight.sql.client_option.authority")];

            #[doc = "Put before the driver's own name in the `user-agent` header."]
            user_agent, get_user_agent: HeaderText = None;
            Connect, [short("application_name")];
        }

        Tls {
            #[doc = "Certificates to trust, instead of those of the operating system."]
            tls_ca, get_tls_ca: PemFile = None;
            Connect, [
                odbc("trustedCerts"),
                jdbc("tlsRootCerts"),
                jdbc("trustStore"),
                adbc("adbc.flight.sql.client_option.tls_root_certs"),
            ];

            #[doc = "Certificate of the client, its chain after it."]
            tls_client_certificate, get_tls_client_certificate: PemFile = None;
            Connect, [
                jdbc("clientCertificate"),
                python("cert_chain"),
                adbc("mtls_cert_chain"),
                adbc("adbc.flight.sql.client_option.mtls_cert_chain"),
            ];

            #[doc = "Key of the client's certificate."]
            tls_client_key, get_tls_client_key: PemFile = None;
            Connect, [
                jdbc("clientKey"),
                python("private_key"),
                adbc("mtls_private_key"),
                adbc("adbc.flight.sql.client_option.mtls_private_key"),
            ];

            #[doc = "Password of the client's key, where it is an encrypted one (PKCS#8)."]
            tls_client_key_password, get_tls_client_key_password: Hidden = None;
            Connect, [];

            #[doc = "Oldest version of TLS that is spoken."]
            tls_min_version, get_tls_min_version: OneOf<TlsVersion> = TlsVersion::V1_2;
            Connect, [];

            #[doc = "Name the server's certificate has to be for, instead of the host."]
            tls_server_name, get_tls_server_name: Text = None;
            Connect, [
                python("override_hostname"),
                adbc("tls_override_hostname"),
                adbc("adbc.flight.sql.client_option.tls_override_hostname"),
            ];

            #[doc = "Whether the keys of connections are written to the file that the variable `SSLKEYLOGFILE` names, for who looks into them with Wireshark."]
            tls_key_log, get_tls_key_log: Flag = false;
            Connect, [];

            #[doc = "Whether the server's certificate is checked; `false` lets anybody pose as the server."]
            tls_verify, get_tls_verify: Flag = true;
            Connect, [
                jdbc("disableCertificateVerification").means(Meaning::Inverse),
                python("disable_server_verification").means(Meaning::Inverse),
                adbc("tls_skip_verify").means(Meaning::Inverse),
                adbc("adbc.flight.sql.client_option.tls_skip_verify").means(Meaning::Inverse),
            ];
        }

        Deadlines {
            #[doc = "To reach a server: name, TCP, TLS and HTTP/2, each host anew."]
            connect_timeout, get_connect_timeout: Limit = Some(seconds(10));
            Connect, [
                jdbc("connectTimeoutMs").means(Meaning::Milliseconds),
                odbc("login_timeout"),
                adbc("adbc.flight.sql.rpc.timeout_seconds.connect"),
            ];

            #[doc = "Until the server has said where the result is (GetFlightInfo)."]
            query_timeout, get_query_timeout: Limit = None;
            Statement, [adbc("adbc.flight.sql.rpc.timeout_seconds.query"), go("timeout")];

            #[doc = "Between two messages of a result."]
            idle_timeout, get_idle_timeout: Limit = Some(seconds(300));
            Statement, [];

            #[doc = "From the start of a query to its last row."]
            total_timeout, get_total_timeout: Limit = None;
            Statement, [adbc("adbc.flight.sql.rpc.timeout_seconds.fetch"), short("fetch_timeout")];

            #[doc = "For an update or an ingest."]
            update_timeout, get_update_timeout: Limit = None;
            Statement, [adbc("adbc.flight.sql.rpc.timeout_seconds.update")];

            #[doc = "For every other call: catalogue, begin, commit, prepare, handshake, session options."]
            metadata_timeout, get_metadata_timeout: Limit = Some(seconds(60));
            Session, [];

            #[doc = "To end a session in good order: roll back, close statements, close the session."]
            close_timeout, get_close_timeout: Limit = Some(seconds(5));
            Session, [];
        }

        Wire {
            #[doc = "Proxy before the server: `http://HOST:PORT` (CONNECT) or `socks5://HOST:PORT`, a login in it if need be; `env` takes the one of `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. A Unix socket has none."]
            proxy, get_proxy: Hidden = None;
            Connect, [];

            #[doc = "Between two HTTP/2 pings on a silent connection."]
            keepalive_interval, get_keepalive_interval: Limit = Some(seconds(20));
            Connect, [];

            #[doc = "For the answer to a ping; then the connection is given up."]
            keepalive_timeout, get_keepalive_timeout: Span = seconds(10);
            Connect, [];

            #[doc = "Between two TCP keepalive probes on a silent connection."]
            tcp_keepalive, get_tcp_keepalive: Limit = Some(seconds(60));
            Connect, [];

            #[doc = "Largest message taken from the server, in memory at once: raise it for servers that send larger batches."]
            max_message_size, get_max_message_size: Size<usize> = 256 * MIBS;
            Connect, [
                adbc("with_max_msg_size"),
                adbc("adbc.flight.sql.client_option.with_max_msg_size"),
            ] check |size| between::<shape::Size<usize>>(size, &1024, &(u32::MAX as usize));

            #[doc = "Largest HTTP/2 frame the server may send."]
            max_frame_size, get_max_frame_size: Size<u32> = MIB;
            Connect, [] check |size| between::<shape::Size<u32>>(size, &(16 * KIB), &(16 * MIB - 1));

            #[doc = "Largest HTTP/2 window of one stream: what the server may send ahead of the reader. It is part of `prefetch_bytes`."]
            window_size, get_window_size: Size<u32> = 64 * MIB;
            Connect, [] check |size| between::<shape::Size<u32>>(size, &(64 * KIB - 1), &((1 << 31) - 1));

            #[doc = "Whether the server may compress whole gRPC messages; needs the feature `grpc-compression`. Compressed Arrow buffers are read without it."]
            grpc_compression, get_grpc_compression: OneOf<GrpcCompression> = GrpcCompression::None;
            Connect, [];

            #[doc = "Largest list of headers taken from the server."]
            max_header_size, get_max_header_size: Size<u32> = 64 * KIB;
            Connect, [] check |size| between::<shape::Size<u32>>(size, &KIB, &(16 * MIB));
        }

        Statements {
            #[doc = "Whether every statement is a transaction of its own; otherwise the first statement begins one."]
            autocommit, get_autocommit: Flag = true;
            Session, [adbc("adbc.connection.autocommit")];

            #[doc = "How a statement is sent."]
            statement_mode, get_statement_mode: OneOf<StatementMode> = StatementMode::Auto;
            Statement, [];

            #[doc = "How the parameters of a statement get to the server."]
            parameters, get_parameters: OneOf<ParameterMode> = ParameterMode::Server;
            Statement, [];

            #[doc = "How many statements with parameters a session keeps prepared for when they come again; `auto` is 32 in Python, and none in Rust."]
            statement_cache_size, get_statement_cache_size: CountOrAuto = None;
            Session, [] check |count| count.map_or(Ok(()), |count| between::<shape::Count>(&count, &0, &65_536));

            #[doc = "The dialect of values written into statements; how texts are read is asked of the server in any case."]
            sql_dialect, get_sql_dialect: OneOf<SqlDialect> = SqlDialect::Auto;
            Session, [];

            #[doc = "What a quoted name stands in, where the driver writes one."]
            identifier_quote, get_identifier_quote: OneOf<IdentifierQuote> = IdentifierQuote::Auto;
            Session, [];

            #[doc = "What the server is never asked for, as it lacks it or breaks down over it."]
            lacks, get_lacks: List<Command> = Vec::new();
            Session, [];
        }

        Results {
            #[doc = "How many endpoints of a result are read at once."]
            endpoint_parallelism, get_endpoint_parallelism: Count = 4;
            Connect, [jdbc("threadPoolSize")] check |count| between::<shape::Count>(count, &1, &1024);

            #[doc = "How much of a result is read ahead of its reader, over all endpoints, HTTP/2 windows included; each of `endpoint_parallelism` endpoints gets an equal share."]
            prefetch_bytes, get_prefetch_bytes: Size<usize> = 256 * MIBS;
            Connect, [];

            #[doc = "The order in which endpoints are handed out."]
            fetch_order, get_fetch_order: OneOf<FetchOrder> = FetchOrder::Auto;
            Statement, [];

            #[doc = "From where the endpoints of a result are read."]
            location_policy, get_location_policy: OneOf<LocationPolicy> = LocationPolicy::Follow;
            Session, [];

            #[doc = "Addresses to use instead of those the server names; each is `host`, `host:port` or `scheme://host:port`; `*` is any on the left, and the connection's own host on the right."]
            location_rewrite, get_location_rewrite: List<LocationRewrite> = Vec::new();
            Session, [];

            #[doc = "Hosts that may get the credentials besides those of the connection itself; `*.example.com` is every host below."]
            allowed_locations, get_allowed_locations: List<String> = Vec::new();
            Session, [];

            #[doc = "Whether a TLS session may follow a location without TLS, credentials and all."]
            allow_location_downgrade, get_allow_location_downgrade: Flag = false;
            Session, [];

            #[doc = "What a stream may have in another way than its schema was announced."]
            schema_check, get_schema_check: OneOf<SchemaCheck> = SchemaCheck::Lenient;
            Statement, [];

            #[doc = "From how long reading a result takes on it is logged as a warning."]
            slow_query_threshold, get_slow_query_threshold: Limit = None;
            Statement, [];

            #[doc = "What follows when the number of rows is not the one the server promised."]
            row_count_check, get_row_count_check: OneOf<RowCountCheck> = RowCountCheck::Warn;
            Statement, [];
        }

        Pool {
            #[doc = "How many sessions there are at most."]
            pool_max_size, get_pool_max_size: Count = 8;
            Pool, [] check |count| between::<shape::Count>(count, &1, &65_536);

            #[doc = "How many idle sessions are kept ready."]
            pool_min_idle, get_pool_min_idle: Count = 0;
            Pool, [];

            #[doc = "How long a caller waits for a session, a new one being connected included."]
            pool_acquire_timeout, get_pool_acquire_timeout: Limit = Some(seconds(30));
            Pool, [];

            #[doc = "How many callers may wait at once; the next one gets an error."]
            pool_max_waiting, get_pool_max_waiting: Cap = None;
            Pool, [];

            #[doc = "After how long without use a session is closed."]
            pool_idle_timeout, get_pool_idle_timeout: Limit = Some(seconds(600));
            Pool, [];

            #[doc = "After how long a session is closed in any case; each up to 5 % earlier, so that not all end at once."]
            pool_max_lifetime, get_pool_max_lifetime: Limit = Some(seconds(1800));
            Pool, [];

            #[doc = "After how long without use an idle session is asked for a sign of life, so that neither the server nor the network forgets it."]
            pool_keepalive, get_pool_keepalive: Limit = None;
            Pool, [];

            #[doc = "What happens to a session before it is lent again."]
            pool_recycle, get_pool_recycle: Recycle = RecycleMethod::Verified;
            Pool, [];

            #[doc = "How many statements a session keeps prepared for `prepare_cached`; the one used longest ago makes room."]
            pool_statement_cache_size, get_pool_statement_cache_size: Count = 64;
            Pool, [] check |count| between::<shape::Count>(count, &0, &65_536);

            #[doc = "How many sessions share one connection; without a limit, all do."]
            pool_sessions_per_channel, get_pool_sessions_per_channel: Cap = None;
            Pool, [];

            #[doc = "After how long a session that was not handed back is reported, with where it was taken."]
            pool_leak_threshold, get_pool_leak_threshold: Limit = None;
            Pool, [];
        }

        Compatibility {
            #[doc = "What an option nobody knows means: `headers` sends it as a header, as the JDBC, ODBC, Python and Go drivers do."]
            unknown_options, get_unknown_options: OneOf<UnknownOptions> = UnknownOptions::Error;
            Connect, [];
        }
    }

    after [
        ConfigOption {
            key: "header.NAME",
            group: Group::Login,
            scope: Scope::Session,
            aliases: &[adbc("adbc.flight.sql.rpc.call_header.NAME")],
            doc: "A header of every call; given more than once, it is sent with every value.",
            secret: true,
            values: || "text, secret".to_owned(),
            words: Vec::new,
            action: Action::Header,
        },
        ignored("driver", &[], "names the driver to an ODBC driver manager"),
        ignored("use_system_trust_store", &[], "the operating system's certificates are trusted unless `tls_ca` is given"),
        ignored("trust_store_password", &[], "a PEM file needs none").hidden(),
        ignored("retain_auth", &[], "what other hosts get is up to `allowed_locations`"),
        ignored("use_client_cache", &[], "connections to other hosts are always kept, and dead ones remembered"),
        ignored(
            "chunk_buffer_capacity",
            &[adbc("adbc.rpc.result_queue_size"), adbc("result_queue_size")],
            "reading ahead is bounded in bytes: `prefetch_bytes`",
        ),
        ignored(
            "use_ssl",
            &[jdbc("useServerPrepStmts"), jdbc("cachePrepStmts")],
            "belongs to MySQL's driver, though guides to Doris show it; `transport` says whether TLS is used",
        ),
        ignored("use_wide_char", &[], "the ODBC driver gives text as the application binds it"),
        ignored("string_column_length", &[], "the ODBC driver reports lengths as the server does"),
        ignored("with_block", &[adbc("adbc.flight.sql.client_option.with_block")], "connecting always waits"),
        ignored(
            "adbc.telemetry.traces_exporter",
            &[adbc("adbc.telemetry.traces_folder_path"), adbc("adbc.telemetry.trace_parent")],
            "the program that uses the driver says where traces go",
        ),
        ignored(
            "feature-metadata-reflection",
            &[python("feature-sqlalchemy-prepared-statements"), python("feature-sqlalchemy-primary-keys")],
            "what the server can do is asked, not configured",
        ),
        refused("dsn", &[short("profile")], "a data source name is looked up by the ODBC driver, and here by `Config::load`; `Config::parse` wants its options written out"),
        refused(
            "oauth.redirect_uri",
            &[adbc("adbc.flight.sql.oauth.redirect_uri"), adbc("adbc.flight.sql.oauth.auth_uri")],
            "a login through the browser of this machine is not offered: use oauth_flow=device_code",
        ),
        refused("uri", &[], "give the URL itself as the connection string"),
    ]
}

const fn without_effect(
    key: &'static str,
    aliases: &'static [Alias],
    doc: &'static str,
    action: Action,
) -> ConfigOption {
    ConfigOption {
        key,
        group: Group::Compatibility,
        scope: Scope::Connect,
        aliases,
        doc,
        secret: false,
        values: || "any".to_owned(),
        words: Vec::new,
        action,
    }
}

const fn ignored(key: &'static str, aliases: &'static [Alias], doc: &'static str) -> ConfigOption {
    without_effect(key, aliases, doc, Action::Ignored)
}

const fn refused(key: &'static str, aliases: &'static [Alias], doc: &'static str) -> ConfigOption {
    without_effect(key, aliases, doc, Action::Refused)
}
