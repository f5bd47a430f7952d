// What the samples for Rust use of `reqwest`, for them to be compiled without it: instead of sending a request, it is written down.
#[allow(dead_code)]
mod reqwest {
    #[derive(Debug)]
    pub struct Error;

    pub mod blocking {
        pub struct Client;
        pub struct Request(Vec<String>);
        pub struct Response;

        impl Client {
            pub fn new() -> Self {
                Self
            }

            pub fn get(&self, url: &str) -> Request {
                Request(vec!["GET".to_owned(), url.to_owned()])
            }

            pub fn post(&self, url: &str) -> Request {
                Request(vec!["POST".to_owned(), url.to_owned()])
            }
        }

        impl Request {
            pub fn header(mut self, name: &str, value: &str) -> Self {
                self.0.push(format!("{name}: {value}"));
                self
            }

            pub fn body(mut self, body: &'static str) -> Self {
                self.0.push(format!("\n{body}"));
                self
            }

            /// A line for each request: its parts in hexadecimal.
            pub fn send(self) -> Result<Response, super::Error> {
                let hex = |part: &String| part.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
                println!("{}", self.0.iter().map(hex).collect::<Vec<_>>().join(" "));
                Ok(Response)
            }
        }

        impl Response {
            pub fn status(&self) -> &'static str {
                ""
            }

            pub fn text(self) -> Result<&'static str, super::Error> {
                Ok("")
            }
        }
    }
}
