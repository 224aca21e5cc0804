//! What each authenticated client implements, besides the methods of its service.

/// `Debug` without secrets, and [`AuthenticatedClient`](crate::AuthenticatedClient).
#[doc(hidden)]
#[macro_export]
macro_rules! __client_traits {
    ($(#[$attribute:meta])* $client:ident) => {
        $(#[$attribute])*
        impl<T> ::core::fmt::Debug for $client<T> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                self.0.debug(::core::stringify!($client), f)
            }
        }

        $(#[$attribute])*
        impl<T: $crate::Transport> $crate::AuthenticatedClient for $client<T> {
            type Transport = T;

            fn from_channel(channel: $crate::AuthenticatedChannel<T>) -> Self {
                Self::new(channel)
            }
        }
    };
}
